// A view's line to the kernel: its questions and only its own answers, and whether the kernel is busy or gone.

import { hear, onLost, type Cleanup, type Model } from "./host.ts";

export type State = "here" | "busy" | "lost";
export type Heard = (content: any, buffers: DataView[]) => void;

const BUSY_MS = 700;

export class Line {
  private readonly token = Math.random().toString(36).slice(2);
  private readonly cleanups: Cleanup[];
  private open = 0;
  private timer = 0;
  private state: State = "here";

  /**
   * @param heard by the kind of an answer.
   * @param changed hears whether the kernel is here, busy with something else, or gone.
   * @param probe a small question; whoever answers it is alive.
   */
  constructor(private readonly model: Model, private readonly heard: Record<string, Heard>, private readonly changed: (state: State) => void, private readonly probe: Record<string, unknown>) {
    this.cleanups = [hear(model, (content, buffers) => this.answer(content, buffers)), onLost(model, () => this.lose())];
  }

  get lost(): boolean {
    return this.state === "lost";
  }

  /** Ask; false where nobody is there to answer. */
  ask(content: Record<string, unknown>): boolean {
    if (this.lost) return false;
    this.open += 1;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open && !this.lost && this.become("busy"), BUSY_MS);
    return this.write(content);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const cleanup of this.cleanups) cleanup();
  }

  private write(content: Record<string, unknown>): boolean {
    try {
      this.model.send({ ...content, view: this.token });
      return true;
    } catch {
      this.become("lost"); // a comm that is closed cannot be written to
      return false;
    }
  }

  private answer(content: any, buffers: DataView[]): void {
    if (content.view !== this.token) return;
    this.open = Math.max(0, this.open - 1);
    if (this.lost) this.open = 0;
    this.become(this.open ? this.state : "here");
    this.heard[content.type]?.(content, buffers);
  }

  private lose(): void {
    if (this.lost) return;
    if (this.write(this.probe)) this.become("lost");
  }

  private become(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }
}
