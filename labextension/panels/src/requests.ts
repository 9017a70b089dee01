// Latest wins: at most one question under way; a newer one waits, and replaces the one that waits.

export interface Question {
  changes: Record<string, unknown>;
  explain: boolean;
  /** The value has come to rest: new curves are wanted, and the static twin. */
  rest?: boolean;
}

export class LatestWins {
  private id = 0;
  private underWay = false;
  private waiting: Question | null = null;

  constructor(private readonly send: (id: number, question: Question) => void) {}

  ask(question: Question): void {
    // A waiting wish for an explanation, or for curves, is not lost to a newer question without one.
    const waits = this.waiting;
    this.waiting = { ...question, explain: question.explain || (waits?.explain ?? false), rest: (question.rest ?? false) || (waits?.rest ?? false) };
    if (!this.underWay) this.next();
  }

  /** Whether a question has no answer yet. */
  get open(): boolean {
    return this.underWay || this.waiting !== null;
  }

  /** The answer with this id came. True where it is the newest and nothing newer waits. */
  answered(id: number): boolean {
    if (id !== this.id) return false;
    this.underWay = false;
    const newest = this.waiting === null;
    if (!newest) this.next();
    return newest;
  }

  /** The kernel was restarted or lost an answer: ask again. */
  reset(): void {
    this.underWay = false;
    if (this.waiting) this.next();
  }

  private next(): void {
    const question = this.waiting;
    if (!question) return;
    this.waiting = null;
    this.underWay = true;
    this.id += 1;
    this.send(this.id, question);
  }
}
