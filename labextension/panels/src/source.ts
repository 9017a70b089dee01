// Where what a panel shows comes from: its own words while the kernel is here, and whether it is busy or gone.

import { h } from "./dom.ts";
import type { State } from "./line.ts";

export class Source {
  readonly node = h("div", { class: "lep-source", role: "status", "aria-live": "polite", hidden: true });
  /** What is said while an answer is awaited for longer than a moment. */
  busy = "The kernel is busy; its answer will follow.";
  private state: State = "here";
  private here: [words: string, kind: string] = ["", ""];

  /** @param lost what goes on without a kernel, and what does not. */
  constructor(private readonly lost: string) {}

  kernelIs(state: State): void {
    this.state = state;
    this.show();
  }

  /** What is said while the kernel is here; nothing for no words. */
  say(words: string, kind = "model"): void {
    this.here = [words, kind];
    this.show();
  }

  private show(): void {
    const [words, kind] = this.state === "here" ? this.here : this.state === "busy" ? [this.busy, "busy"] : [`The kernel is gone. ${this.lost}`, "lost"];
    // A screen reader reads what changes, and nothing else.
    if (this.node.textContent !== words) this.node.textContent = words;
    this.node.hidden = !words;
    this.node.dataset.kind = kind;
  }
}
