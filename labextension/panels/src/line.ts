// A view's line to the kernel: its questions and only its own answers, and whether the kernel is busy or gone.

import { hear, onLost, type Cleanup, type Model } from "./host.ts";

export type State = "here" | "busy" | "lost";
/** Hears an answer; `own` where this view asked. */
export type Heard = (content: any, buffers: DataView[], own: boolean) => void;

const BUSY_MS = 700;
/** Every panel answers this: whoever does is alive. */
const PROBE = { type: "alive" };

export class Line {
  private readonly token = Math.random().toString(36).slice(2);
  private readonly cleanups: Cleanup[];
  private open = 0;
  private timer = 0;
  private state: State = "here";

  /**
   * @param heard by the kind of an answer; `trouble` hears of what could not be answered, where it is there.
   * @param changed hears whether the kernel is here, busy with something else, or gone.
   * @param everyone kinds of answers that every view hears, whichever asked: of what they share.
   */
  constructor(private readonly model: Model, private readonly heard: Record<string, Heard>, private readonly changed: (state: State) => void, private readonly everyone: string[] = []) {
    this.cleanups = [hear(model, (content, buffers) => this.answer(content, buffers)), onLost(model, () => this.lose())];
  }

  get lost(): boolean {
    return this.state === "lost";
  }

  /** Whether a question has no answer yet. */
  get waits(): boolean {
    return this.open > 0;
  }

  /** Ask; false where nobody is there to answer. */
  ask(content: Record<string, unknown>): boolean {
    if (this.lost) return false;
    this.open += 1;
    this.watch();
    return this.write(content);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const cleanup of this.cleanups) cleanup();
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open && !this.lost && this.become("busy"), BUSY_MS) as unknown as number;
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
    const own = content.view === this.token;
    if (own) {
      this.open = this.lost ? 0 : Math.max(0, this.open - 1);
      this.become(this.open ? this.state : "here");
    }
    if (!own && !this.everyone.includes(content.type)) return;
    const heard = (content.error ? this.heard.trouble : null) ?? this.heard[content.type];
    heard?.(content, buffers, own);
  }

  private lose(): void {
    if (!this.lost && this.write(PROBE)) this.become("lost");
  }

  private become(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }
}
