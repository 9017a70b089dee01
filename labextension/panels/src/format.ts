// Numbers, shares and spans of time as people write them; the same rules as lepton_lab/pictures/numbers.py.

export const NOTHING = "–";

type Maybe = number | null | undefined;

function nothing(value: Maybe): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value);
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}

function grouped(value: number, decimals: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A number with significant digits, thousands separated. */
export function number(value: Maybe, digits = 3): string {
  if (nothing(value)) return NOTHING;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e12 || size < 1e-4) return minus(value.toExponential(digits - 1).replace(/\.?0+e/, "e"));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = grouped(value, decimals);
  return minus(text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
}

export function fixed(value: Maybe, decimals = 3): string {
  return nothing(value) ? NOTHING : minus(grouped(value, decimals));
}

/** A contribution with its sign. */
export function signed(value: Maybe, decimals = 2): string {
  const text = fixed(value, decimals);
  return !nothing(value) && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export function metric(value: Maybe): string {
  if (nothing(value)) return NOTHING;
  const size = Math.abs(value);
  return fixed(value, size < 10 ? 3 : size < 1000 ? 1 : 0);
}

export function percent(share: Maybe, decimals?: number): string {
  if (nothing(share)) return NOTHING;
  if (share > 0 && share < 0.001) return "<0.1 %";
  const shown = decimals ?? ((share > 0 && share < 0.1) || (share > 0.9 && share < 1) ? 1 : 0);
  return `${(100 * share).toFixed(shown)} %`;
}

export function seconds(span: Maybe): string {
  if (nothing(span) || !Number.isFinite(span)) return NOTHING;
  if (span < 9.95) return `${Math.max(span, 0).toFixed(1)} s`;
  const whole = Math.round(span);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min` + (whole % 60 ? ` ${whole % 60} s` : "");
  const minutes = Math.floor((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h` + (minutes ? ` ${minutes} min` : "");
}

/** How many decimals a list of effects needs: two for log-odds around one, none for hundreds of euros. */
export function decimalsFor(values: number[]): number {
  const largest = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
  if (largest === 0) return 2;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(largest)) + (largest >= 1 ? 1 : 0)));
}
