// Straight maps from values to pixels, and tick marks at round numbers.

export interface Scale {
  (value: number): number;
  low: number;
  high: number;
  start: number;
  end: number;
}

export function scale(low: number, high: number, start: number, end: number): Scale {
  const map = (value: number) =>
    high === low ? (start + end) / 2 : start + ((value - low) / (high - low)) * (end - start);
  return Object.assign(map, { low, high, start, end });
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5, 10].find((m) => rough <= m * power * 1.0000001) ?? 10);
}

function tidy(value: number, step: number): number {
  return Number(value.toFixed(Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(step)))))) + 0;
}

/** About `n` round numbers from low to high. */
export function ticks(low: number, high: number, n = 5): number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high <= low) return Number.isFinite(low) ? [low] : [];
  const step = roundStep((high - low) / n);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step, step));
}

/** The smallest and largest finite value, widened by the share `pad`. */
export function extent(values: Iterable<number>, pad = 0.04): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  const margin = high > low ? (high - low) * pad : Math.max(Math.abs(low) * 0.1, 0.5);
  return [low - margin, high + margin];
}

/** The interval widened to the round numbers outside it. */
export function niceExtent([low, high]: [number, number], n = 5): [number, number] {
  if (high <= low) return [low, high];
  const step = roundStep((high - low) / n);
  return [tidy(Math.floor(low / step + 1e-9) * step, step), tidy(Math.ceil(high / step - 1e-9) * step, step)];
}
