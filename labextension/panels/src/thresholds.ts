// What a threshold does, as lepton_lab/evaluation/decisions.py says it: counts looked up, shares with their intervals.

export interface Counts {
  thresholds: Float64Array; // rising
  found: Float64Array; // weight of the rows of the class that are called from there on
  alarms: Float64Array; // the same of the other rows
  positives: number;
  negatives: number;
  effective: number; // rows that one unit of weight is worth
}

export interface Share {
  value: number;
  low: number;
  high: number;
}

export interface Costs {
  falseAlarm: number;
  missed: number;
}

/** The three parts of a message's buffer, after one another. */
export function read(buffer: ArrayBuffer, n: number): Pick<Counts, "thresholds" | "found" | "alarms"> {
  const all = new Float64Array(buffer);
  return { thresholds: all.subarray(0, n), found: all.subarray(n, 2 * n), alarms: all.subarray(2 * n, 3 * n) };
}

/** The place of the stop nearest to a threshold. */
export function nearest({ thresholds }: Pick<Counts, "thresholds">, threshold: number): number {
  let low = 0;
  let high = thresholds.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! <= threshold) low = middle;
    else high = middle;
  }
  return Math.abs(thresholds[high]! - threshold) < Math.abs(thresholds[low]! - threshold) ? high : low;
}

const Z = 1.959963984540054;

/** A share with Wilson's 95 % interval; null of nothing. */
export function share(part: number, whole: number, effective: number): Share | null {
  if (!(whole > 0)) return null;
  const value = Math.min(1, Math.max(0, part / whole));
  const n = whole * effective;
  const middle = (value + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z * Math.sqrt((value * (1 - value)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n);
  return { value, low: Math.max(0, Math.min(value, middle - half)), high: Math.min(1, Math.max(value, middle + half)) };
}

export interface Decisions {
  threshold: number;
  /** (true class, decided class), the class itself second. */
  matrix: [[number, number], [number, number]];
  alerts: number;
  n: number;
  sensitivity: Share | null;
  specificity: Share | null;
  precision: Share | null;
  alertShare: Share | null;
  accuracy: Share | null;
}

export function decisions(counts: Counts, place: number): Decisions {
  const found = counts.found[place]!;
  const alarms = counts.alarms[place]!;
  const { positives, negatives, effective } = counts;
  const n = positives + negatives;
  return {
    threshold: counts.thresholds[place]!,
    matrix: [[negatives - alarms, alarms], [positives - found, found]],
    alerts: found + alarms,
    n,
    sensitivity: share(found, positives, effective),
    specificity: share(negatives - alarms, negatives, effective),
    precision: share(found, found + alarms, effective),
    alertShare: share(found + alarms, n, effective),
    accuracy: share(found + negatives - alarms, n, effective),
  };
}

/** Of all wrong decisions at a stop. */
export function cost(counts: Counts, place: number, costs: Costs): number {
  return costs.falseAlarm * counts.alarms[place]! + costs.missed * (counts.positives - counts.found[place]!);
}

/** The stop that costs least on these rows; of several the one in their middle. */
export function cheapest(counts: Counts, costs: Costs): number {
  let best = Infinity;
  let first = 0;
  let last = 0;
  for (let i = 0; i < counts.thresholds.length; i++) {
    const here = cost(counts, i, costs);
    if (here < best - 1e-12 * Math.abs(best === Infinity ? 0 : best)) [best, first, last] = [here, i, i];
    else if (here <= best + 1e-12 * Math.abs(best) && last === i - 1) last = i;
  }
  return nearest(counts, (counts.thresholds[first]! + counts.thresholds[last]!) / 2);
}

/** The points of a curve over all stops, a repeated point once. */
export function curve(counts: Counts, of: (place: number) => [number, number] | null): { xs: number[]; ys: number[] } {
  const xs: number[] = [];
  const ys: number[] = [];
  for (let i = 0; i < counts.thresholds.length; i++) {
    const point = of(i);
    if (!point || (xs.length && xs[xs.length - 1] === point[0] && ys[ys.length - 1] === point[1])) continue;
    xs.push(point[0]);
    ys.push(point[1]);
  }
  return { xs, ys };
}
