// What answers, and how far it was from the model when the report was made: in words.

import { number } from "./format.ts";

export interface Distance {
  changed: number;
  mean: number;
  most: number;
  n: number;
}

/** The measured distance for so many changed columns: of the next larger number tried; null beyond all. */
export function distanceOf(distances: Distance[], changed: number): Distance | null {
  return distances.find((one) => one.changed >= changed) ?? null;
}

/** A distance as people read it: per cent points of a probability, or the target's unit. */
export function sized(size: number, share: boolean, unit: string): string {
  return share ? `${number(100 * size, 2)} points` : `${number(size, 2)} ${unit}`;
}

export function distanceWords(distances: Distance[], changed: number, share: boolean, unit: string): string {
  if (changed === 0) return "";
  const one = distanceOf(distances, changed);
  const most = distances[distances.length - 1];
  if (!one) return most ? `So many changes were not tried; of ${most.changed} the answer was ${sized(most.mean, share, unit)} from the model on average.` : "";
  const what = one.changed === 1 ? "one column" : `${one.changed} columns`;
  return `Tried on ${number(one.n, 3)} random changes of ${what}: ${sized(one.mean, share, unit)} from the model on average, at most ${sized(one.most, share, unit)} in 95 of 100.`;
}

/** What answers: the model, a curve, a pair, or curves and pairs together. */
export function sourceWords(moved: string[], pairs: number, of: number): string {
  if (moved.length === 0) return "The model's own answer for this row.";
  if (moved.length === 1) return `Read off the curve of ${moved[0]}.`;
  if (moved.length === 2 && pairs === 1) return `Read off what was measured of ${moved[0]} and ${moved[1]} together.`;
  const known = pairs === of ? (of === 1 ? "their pair" : `all ${of} pairs of them`) : pairs ? `${pairs} of ${of} pairs of them` : "no pair of them";
  return `Put together from ${moved.length} curves and ${known}.`;
}
