// Where the dots of a beeswarm lie, and in which colours they are painted.

import type { Mark } from "./marks.ts";
import { channels, heightColour, type Colours } from "./theme.ts";

/** Heights that keep dots of one place apart: each bin is filled from the middle outwards, squeezed to `half`. */
export function stack(xs: ArrayLike<number>, middle: number, half: number, size = 3): Float32Array {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < xs.length; i++) {
    if (xs[i]! < low) low = xs[i]!;
    if (xs[i]! > high) high = xs[i]!;
  }
  const first = Math.round(low / size);
  const counts = new Int32Array(low <= high ? Math.round(high / size) - first + 1 : 0);
  const places = new Float32Array(xs.length);
  let fullest = 1;
  for (let i = 0; i < xs.length; i++) {
    const place = counts[Math.round(xs[i]! / size) - first]!++;
    places[i] = place;
    if (place + 1 > fullest) fullest = place + 1;
  }
  const step = Math.min(size, half / Math.max(Math.ceil((fullest - 1) / 2), 1));
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    places[i] = middle + (place % 2 ? -1 : 1) * Math.ceil(place / 2) * step;
  }
  return places;
}

const STEPS = 16;
/** Shades are 0..254 for low..high; this is for values without an order. */
export const NO_ORDER = 255;

/** The marks of a beeswarm: 16 colours from low to high, one for values without an order; then all of them faint. */
export function shadeMarks(theme: Colours): Mark[] {
  const colours = Array.from({ length: STEPS }, (_, k) => heightColour(k / (STEPS - 1), theme));
  const strong = [...colours, theme.other].map((colour): Mark => ({ rgb: channels(colour), alpha: 0.8, shape: "disc" }));
  return [...strong, ...strong.map((mark): Mark => ({ ...mark, alpha: 0.09 }))];
}

/** Which of `shadeMarks` each dot is; faint where there is a selection and its row is not in it. */
export function whichMark(shades: Uint8Array, selected: Uint8Array | null): Uint8Array {
  return shades.map((shade, i) => {
    const mark = shade === NO_ORDER ? STEPS : Math.min(STEPS - 1, Math.floor((shade / NO_ORDER) * STEPS));
    return selected && !selected[i] ? mark + STEPS + 1 : mark;
  });
}

export function ring(context: CanvasRenderingContext2D, x: number, y: number, theme: Colours): void {
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = theme.ink;
  context.stroke();
}
