// The page's own answer: a prediction read off the curves that are drawn anyway. No second implementation of predict.

import type { Column, Value } from "./controls.ts";

/** How outputs in link space become the number people read. */
export type Link = "sigmoid" | "softmax" | "identity";

/** Where a column's curve has its points; `from` and `to` are the ends of the bars of known values. */
export interface Points {
  ordered: boolean; // numbers and dates: points are places, null is missing; else the categories themselves
  points: Value[];
  from: number;
  to: number;
  bars: number[];
}

const DAY = 86_400_000;

/** Where a value of an ordered column is drawn: the number, or days since 1970. */
export function placeOf(column: Pick<Column, "kind">, value: Value): number | null {
  if (value === null || value === "") return null;
  if (column.kind !== "datetime") return Number(value);
  const text = String(value);
  // Dates are read as UTC, as Python does with those that name no zone.
  const stamp = Date.parse(text.length > 10 && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text);
  return Number.isFinite(stamp) ? stamp / DAY : null;
}

/** The day at a place. */
export function dayAt(place: number): string {
  return new Date(Math.round(place) * DAY).toISOString().slice(0, 10);
}

/** Outputs in link space as probabilities by class, or as they are. */
export function shown(link: Link, outputs: number[]): number[] {
  if (link === "sigmoid") {
    const chance = 1 / (1 + Math.exp(-outputs[0]!));
    return [1 - chance, chance];
  }
  if (link === "identity") return outputs;
  const top = Math.max(...outputs);
  const parts = outputs.map((z) => Math.exp(z - top));
  const total = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / total);
}

export interface Reading {
  outputs: number[];
  /** How many columns were moved since the curves were asked: of one it is the curve itself, of more their sum. */
  moved: number;
}

/** All columns' curves at one row. */
export class Curves {
  private readonly starts: number[];

  /**
   * @param columns with the points of their curves
   * @param outputs of all points after one another, `(point, output)`
   * @param values of the row that the curves were asked for, by column
   * @param base its outputs: the model's own answer
   */
  constructor(
    private readonly columns: Pick<Column, "kind" | "curve">[],
    private readonly outputs: Float32Array,
    readonly values: Value[],
    readonly base: number[],
  ) {
    let start = 0;
    this.starts = columns.map((column) => {
      const here = start;
      start += (column.curve?.points.length ?? 0) * base.length;
      return here;
    });
  }

  /** The outputs at one of a column's points. */
  at(j: number, point: number): number[] {
    const start = this.starts[j]! + point * this.base.length;
    return [...this.outputs.subarray(start, start + this.base.length)];
  }

  /** The outputs with one column at a value; null where its curve does not reach. */
  read(j: number, value: Value): number[] | null {
    const column = this.columns[j]!;
    if (value === this.values[j]) return this.base;
    if (!column.curve) return null;
    const { ordered, points } = column.curve;
    if (!ordered || value === null) {
      const point = points.findIndex((one) => one === value);
      return point < 0 ? null : this.at(j, point);
    }
    const place = placeOf(column, value);
    return place === null ? null : this.between(j, place);
  }

  /** The outputs with columns at these values, each moved along its own curve. */
  predict(values: Value[]): Reading | null {
    let moved = 0;
    const outputs = [...this.base];
    for (let j = 0; j < values.length; j++) {
      if (values[j] === this.values[j]) continue;
      const one = this.read(j, values[j]!);
      if (!one) return null;
      moved += 1;
      one.forEach((z, k) => (outputs[k]! += z - this.base[k]!));
    }
    return { outputs, moved };
  }

  /** A column's points with their places, in order, the row's own among them. */
  line(j: number): { place: number; outputs: number[] }[] {
    const column = this.columns[j]!;
    if (!column.curve) return [];
    const made = column.curve.points
      .map((value, i) => ({ place: column.curve!.ordered ? (value as number | null) : i, outputs: this.at(j, i) }))
      .filter((one): one is { place: number; outputs: number[] } => one.place !== null);
    const own = column.curve.ordered ? placeOf(column, this.values[j] ?? null) : null;
    if (own === null || made.length === 0) return made;
    const kept = made.filter((one) => one.place !== own);
    return [...kept, { place: own, outputs: this.base }].sort((a, b) => a.place - b.place);
  }

  private between(j: number, place: number): number[] | null {
    const points = this.line(j);
    const after = points.findIndex((one) => one.place >= place);
    if (after < 0 || (after === 0 && points[0]!.place > place)) return null;
    const right = points[after]!;
    if (right.place === place) return right.outputs;
    const left = points[after - 1]!;
    const share = (place - left.place) / (right.place - left.place);
    return left.outputs.map((z, k) => z + share * (right.outputs[k]! - z));
  }
}
