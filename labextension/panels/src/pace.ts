// When a panel that hears much draws: at most once a frame, in a small share of the page's time, and hardly at all
// where nobody looks. What a training panel draws is taken from the cores that train.

import type { Cleanup } from "./host.ts";

/** Of the page's time at most this share goes into one panel's drawing. */
const SHARE = 0.04;
/** Between drawings of a panel that is scrolled out of view; a page in a hidden tab has no frames, and draws nothing. */
const UNSEEN_MS = 2000;
const MOST_MS = 1000;

export interface Pace {
  /** Draw soon. */
  ask(): void;
  end: Cleanup;
}

/** How long to rest after a drawing that took so many milliseconds. */
export function rest(took: number, seen: boolean): number {
  return seen ? Math.min(MOST_MS, took / SHARE) : UNSEEN_MS;
}

/** Drawings of `el` at a pace of their own, however often they are asked for. */
export function paced(el: HTMLElement, draw: () => void): Pace {
  let [frame, timer, due, seen] = [0, 0, 0, true];
  const step = () => {
    frame = 0;
    const began = performance.now();
    draw();
    // The layout that the frame will need anyway belongs to the price.
    void el.offsetHeight;
    const ended = performance.now();
    due = ended + rest(ended - began, seen);
  };
  const ask = () => {
    if (frame || timer) return;
    const wait = due - performance.now();
    if (wait <= 0) frame = requestAnimationFrame(step);
    else timer = window.setTimeout(() => ((timer = 0), (frame = requestAnimationFrame(step))), wait);
  };
  const eye = new IntersectionObserver((entries) => {
    const before = seen;
    seen = entries.at(-1)!.isIntersecting;
    if (seen && !before) {
      clearTimeout(timer);
      [timer, due] = [0, 0];
      ask();
    }
  });
  eye.observe(el);
  const end = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    eye.disconnect();
  };
  return { ask, end };
}
