// Where the dots of a beeswarm lie, how they are painted on a canvas, and which one is under the pointer.

import { heightColour, type Colours } from "./theme.ts";

/** Heights that keep dots of one place apart: each bin is filled from the middle outwards, squeezed to `half`. */
export function stack(xs: ArrayLike<number>, middle: number, half: number, size = 3): Float32Array {
  const counts = new Map<number, number>();
  const places = new Int32Array(xs.length);
  let fullest = 1;
  for (let i = 0; i < xs.length; i++) {
    const bin = Math.round(xs[i]! / size);
    const place = counts.get(bin) ?? 0;
    places[i] = place;
    counts.set(bin, place + 1);
    if (place + 1 > fullest) fullest = place + 1;
  }
  const step = Math.min(size, half / Math.max(Math.ceil((fullest - 1) / 2), 1));
  return Float32Array.from(places, (place) => middle + (place % 2 ? -1 : 1) * Math.ceil(place / 2) * step);
}

/** One line of dots: a feature. `shades` is 0..254 for low..high, 255 for values without an order. */
export interface Dots {
  xs: Float32Array;
  ys: Float32Array;
  shades: Uint8Array;
}

/** Paint all dots, then ring the chosen row's. Dots are sorted by colour: setting a colour costs more than a dot. */
export function paint(
  context: CanvasRenderingContext2D, rows: Dots[], theme: Colours, chosen: number | null, radius = 2,
): void {
  const steps = 16;
  const buckets: number[][] = Array.from({ length: steps + 1 }, () => []);
  rows.forEach((dots, j) => {
    for (let i = 0; i < dots.xs.length; i++) {
      const shade = dots.shades[i]!;
      buckets[shade === 255 ? steps : Math.min(steps - 1, Math.floor((shade / 255) * steps))]!.push(j, i);
    }
  });
  context.globalAlpha = 0.8;
  buckets.forEach((members, bucket) => {
    context.fillStyle = bucket === steps ? theme.other : heightColour(bucket / (steps - 1), theme);
    context.beginPath();
    for (let k = 0; k < members.length; k += 2) {
      const dots = rows[members[k]!]!;
      const x = dots.xs[members[k + 1]!]!;
      const y = dots.ys[members[k + 1]!]!;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  });
  context.globalAlpha = 1;
  if (chosen !== null) for (const dots of rows) ring(context, dots.xs[chosen]!, dots.ys[chosen]!, theme);
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, theme: Colours): void {
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = theme.ink;
  context.stroke();
}

/** The dot nearest to a point, at most `reach` pixels away: its line and place, or null. */
export function nearest(rows: Dots[], x: number, y: number, reach = 7): { feature: number; row: number } | null {
  let best = reach * reach;
  let found = null;
  for (let feature = 0; feature < rows.length; feature++) {
    const { xs, ys } = rows[feature]!;
    for (let row = 0; row < xs.length; row++) {
      const dx = xs[row]! - x;
      const dy = ys[row]! - y;
      const distance = dx * dx + dy * dy;
      if (distance <= best) {
        best = distance;
        found = { feature, row };
      }
    }
  }
  return found;
}
