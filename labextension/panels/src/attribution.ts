// Which columns move a network's answers while it trains: bars that form, the strongest first.

import { drawing, label, line, s, text } from "./dom.ts";
import { number, percent } from "./format.ts";
import { scale } from "./scale.ts";

export interface Attribution {
  columns: string[];
  values: number[];
  rest: number;
  n_columns: number;
  n_rows: number;
  warning: string;
  epoch: number;
  fold: number | null;
}

const ROW = 21;
const MOST = 8;

/** The bars to draw: at most eight columns, and all others as one. */
export function bars(found: Attribution): { name: string; value: number; share: number }[] {
  const whole = Math.max(found.rest + found.values.reduce((sum, value) => sum + value, 0), 1e-12);
  const shown = found.columns.slice(0, MOST).map((name, i) => ({ name, value: found.values[i]!, share: found.values[i]! / whole }));
  const others = whole - shown.reduce((sum, one) => sum + one.value, 0);
  const n = found.n_columns - shown.length;
  return n > 0 ? [...shown, { name: n === 1 ? "one more" : `${n} more, together`, value: others, share: others / whole }] : shown;
}

export function attributionChart(found: Attribution | null, width: number): SVGElement {
  if (!found) {
    return drawing(width, 60, "which columns count: nothing yet", text(width / 2, 32, "comes after a second or two of the network", "s", "middle"));
  }
  const shown = bars(found);
  const names = Math.min(150, width * 0.38);
  const most = Math.max(...shown.map((one) => one.value), 1e-12);
  const toX = scale(0, most, names + 8, width - 44);
  const words = shown.map((one) => `${one.name} ${percent(one.share, 0)}`).join(", ");
  return drawing(
    width, ROW * shown.length + 8, `mean effect of each column: ${words}`,
    line(names + 8, 0, names + 8, ROW * shown.length + 4, "axis"),
    shown.map((one, i) => {
      const first = found.warning !== "" && i === 0;
      const y = ROW * i + 4;
      return s("g", {},
        label(names, y + 12, one.name, 0.94 * names, "", "end"),
        s("rect", { x: names + 8, y, width: Math.max(1, toX(one.value) - names - 8), height: ROW - 6, rx: 2, class: first ? "up" : "main", opacity: 0.85 },
          s("title", {}, `${one.name}: ${number(one.value)}, ${percent(one.share)} of all`)),
        text(toX(one.value) + 6, y + 12, percent(one.share, 0), "s halo"));
    }),
  );
}
