// The answer of a page without a kernel: curves of one row and what pairs of columns do beyond them, put together.
// Its twin is lepton_lab/reporting/composed.py, which measures how far such answers are from the model.

import type { Column, Value } from "./controls.ts";
import { Curves, placeOf } from "./curves_read.ts";

/** Numbers of two bytes: a value is `low + step * number`. */
export interface Packed {
  low: number;
  step: number;
  numbers: string; // base64, little-endian
}

export function unpacked({ low, step, numbers }: Packed): Float32Array {
  const text = atob(numbers);
  const values = new Float32Array(text.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = low + step * (text.charCodeAt(2 * i) + 256 * text.charCodeAt(2 * i + 1));
  return values;
}

export interface Answered {
  outputs: number[];
  /** Columns that differ from the row, by position. */
  moved: number[];
  /** Pairs of them that are known, and how many there are. */
  pairs: number;
  of: number;
}

type Share = [point: number, share: number];
type Read = Pick<Column, "kind" | "curve" | "name">;

export class Around {
  private readonly curves: Curves;
  private readonly starts = new Map<string, number>();

  /**
   * @param columns with the points of their curves
   * @param beside of each column, the points of its curve that it has beside another column
   * @param values the row's own, by column
   * @param base its outputs
   * @param outputs of all curves, `(point, output)` after one another
   * @param pairs positions of two columns
   * @param together what they change beyond their curves, `(point, point, output)` after one another
   */
  constructor(
    private readonly columns: Read[],
    private readonly beside: number[][],
    private readonly values: Value[],
    readonly base: number[],
    outputs: Float32Array,
    pairs: [number, number][],
    private readonly together: Float32Array,
  ) {
    this.curves = new Curves(columns, outputs, values, base);
    let start = 0;
    for (const [j, k] of pairs) {
      this.starts.set(`${j},${k}`, start);
      start += beside[j]!.length * beside[k]!.length * base.length;
    }
  }

  line(j: number): { place: number; outputs: number[] }[] {
    return this.curves.line(j);
  }

  /** The outputs with columns at these values; the position of the column whose curve does not reach, where one does not. */
  answer(values: Value[]): Answered | number {
    const moved = values.map((_, j) => j).filter((j) => values[j] !== this.values[j]);
    const outputs = [...this.base];
    for (const j of moved) {
      const one = this.curves.read(j, values[j]!);
      if (!one) return j;
      one.forEach((z, o) => (outputs[o]! += z - this.base[o]!));
    }
    const both = moved.flatMap((j) => moved.filter((k) => j < k).map((k) => [j, k] as const));
    const pairs = both.filter(([j, k]) => this.add(j, k, values, outputs)).length;
    return { outputs, moved, pairs, of: both.length };
  }

  /** Add what two columns do together beyond each alone; false where that is not known. */
  private add(j: number, k: number, values: Value[], outputs: number[]): boolean {
    const start = this.starts.get(`${j},${k}`);
    const first = this.shares(j, values[j]!);
    const second = this.shares(k, values[k]!);
    if (start === undefined || !first || !second) return false;
    const width = this.base.length;
    for (const [a, one] of first) {
      for (const [b, other] of second) {
        const at = start + (a * this.beside[k]!.length + b) * width;
        outputs.forEach((_, o) => (outputs[o]! += one * other * this.together[at + o]!));
      }
    }
    return true;
  }

  /** Points of a column beside others, and their shares at a value; the row's own value has none. */
  private shares(j: number, value: Value): Share[] | null {
    const column = this.columns[j]!;
    const points = this.beside[j]!.map((point) => column.curve!.points[point]!);
    if (!column.curve!.ordered || value === null) {
      const point = points.findIndex((one) => one === value);
      return point < 0 ? null : [[point, 1]];
    }
    const place = placeOf(column, value);
    if (place === null) return null;
    const own = placeOf(column, this.values[j]!);
    const line = points
      .map((at, point) => ({ at: at as number | null, point }))
      .filter((one): one is { at: number; point: number } => one.at !== null && one.at !== own);
    if (own !== null) line.push({ at: own, point: -1 });
    line.sort((a, b) => a.at - b.at);
    const after = line.findIndex((one) => one.at >= place);
    if (after < 0 || (after === 0 && line[0]!.at > place)) return null;
    const right = line[after]!;
    const left = right.at === place ? right : line[after - 1]!;
    const share = right.at === place ? 1 : (place - left.at) / (right.at - left.at);
    const both: Share[] = right === left ? [[right.point, 1]] : [[left.point, 1 - share], [right.point, share]];
    return both.filter(([point]) => point >= 0);
  }
}

/** Chances by each horizon from a log hazard: straight lines between logs of cumulative hazards. */
export interface Hazard {
  low: number;
  step: number;
  logs: number[][];
}

export function chances({ low, step, logs }: Hazard, z: number): number[] {
  return logs.map((line) => {
    const at = Math.min(Math.max((z - low) / step, 0), line.length - 1.000001);
    const left = Math.floor(at);
    const log = line[left]! + (at - left) * (line[left + 1]! - line[left]!);
    return Math.exp(-Math.exp(log));
  });
}
