import type { Reply } from "./messages";

interface Waiter {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** Questions that are not answered yet, by their id. */
export class Waiting {
  private readonly waiters = new Map<string, Waiter>();
  private count = 0;

  /** A new id, and the promise of its answer. */
  open<T>(): { id: string; answer: Promise<T> } {
    const id = `q${++this.count}`;
    const answer = new Promise<T>((resolve, reject) => {
      this.waiters.set(id, { resolve: resolve as (answer: unknown) => void, reject });
    });
    return { id, answer };
  }

  /** Hand an answer to whoever asked; one that nobody waits for is dropped. */
  take(reply: Reply): void {
    const waiter = this.waiters.get(reply.id);
    this.waiters.delete(reply.id);
    if (reply.error !== undefined) waiter?.reject(new Error(reply.error));
    else waiter?.resolve(reply.answer);
  }

  /** Tell everybody that no answer will come. */
  giveUp(why: string): void {
    const left = [...this.waiters.values()];
    this.waiters.clear();
    for (const waiter of left) waiter.reject(new Error(why));
  }
}
