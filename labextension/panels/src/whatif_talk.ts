// The what-if panel's talk with its kernel: the latest question wins, and a kernel that is busy, or gone, is told of.

import type { Value } from "./controls.ts";
import { hear, onLost, type Cleanup, type View } from "./host.ts";
import { LatestWins } from "./requests.ts";
import type { Changes } from "./scenarios.ts";

/** What is told to whoever draws. */
export interface Hears {
  /** A message of the kernel to this view. */
  said(content: any, buffers: DataView[]): void;
  /** The kernel is slow, or silent. */
  busy(words: string): void;
  lost(): void;
  found(): void;
  /** The values that the reader sees now, and what differs from the row as it is. */
  values(): Value[];
  changes(): Changes;
}

const BUSY_MS = 700;
const SILENT_MS = 15_000;

export class Talk {
  lost = false;
  private since = 0;
  private readonly asked = new Map<number, Value[]>();
  private readonly cleanups: Cleanup[] = [];
  private readonly requests = new LatestWins((id, question) => {
    this.asked.set(id, this.hears.values());
    this.send({ type: "set", id, ...question });
  });

  /** @param view tells this view from others of the same panel */
  constructor(private readonly model: View["model"], readonly view: string, private readonly hears: Hears) {
    const clock = window.setInterval(() => this.watch(), 250);
    this.cleanups.push(hear(model, (content, buffers) => this.heard(content, buffers)), onLost(model, () => this.lose()), () => clearInterval(clock));
  }

  close(): void {
    for (const cleanup of this.cleanups) cleanup();
  }

  /** Whether a question has no answer yet. */
  get open(): boolean {
    return this.requests.open;
  }

  /** Ask for the model's answer; at rest for new curves too. */
  ask(changes: Changes, rest: boolean): void {
    if (!this.lost) this.requests.ask({ changes, explain: true, rest });
    if (this.requests.open) this.since ||= performance.now();
  }

  /** The values that an answer is for, null where nobody asked; and whether nothing newer was asked since. */
  answered(id: number): { values: Value[] | null; newest: boolean } {
    const values = this.asked.get(id) ?? null;
    this.asked.delete(id);
    const newest = this.requests.answered(id);
    this.since = this.requests.open ? performance.now() : 0;
    return { values, newest };
  }

  send(content: Record<string, unknown>): void {
    if (this.lost) return;
    try {
      this.model.send({ ...content, view: this.view });
    } catch {
      // A comm that is closed cannot be written to.
      if (content.type !== "curves") this.lose();
    }
  }

  private heard(content: any, buffers: DataView[]): void {
    if (content.type !== "pins") {
      if (content.view !== this.view) return;
      if (this.lost) this.findAgain();
    }
    this.hears.said(content, buffers);
  }

  private lose(): void {
    if (this.lost) return;
    // Whoever answers this is alive, and heard.
    this.send({ type: "curves", changes: this.hears.changes() });
    this.lost = true;
    this.hears.lost();
  }

  private findAgain(): void {
    this.lost = false;
    this.requests.reset();
    this.hears.found();
  }

  private watch(): void {
    if (!this.since || this.lost) return;
    const waited = performance.now() - this.since;
    if (waited > SILENT_MS) this.hears.busy(`≈ read off the curves; the kernel has been silent for ${Math.round(waited / 1000)} s: it is busy with another cell, or gone`);
    else if (waited > BUSY_MS) this.hears.busy("≈ read off the curves; the kernel is busy, its own answer will follow");
  }
}
