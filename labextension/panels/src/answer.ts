// The prediction of the what-if panel: the large number, what it is against, a bar a class.

import { h } from "./dom.ts";
import { number, percent, signed } from "./format.ts";
import { shown, type Link } from "./curves_read.ts";
import type { Waterfall } from "./waterfall.ts";

export interface Answer {
  prediction: string;
  link: number[]; // outputs in link space, as the curves' are
  probabilities: { name: string; value: number }[]; // empty for regression
  positive: string | null; // two classes: the one whose probability is shown
  estimate: number | null; // regression
  median: number | null; // a time to an event
  unit: string;
  threshold: number | null;
  code: string;
  waterfall: (Waterfall & { exact: boolean }) | null;
}

export interface Headline {
  name: string;
  value: number | null;
  share: boolean;
}

/** The number to show large: the positive class's probability, the largest one, the estimate, or the median time. */
export function headline(answer: Pick<Answer, "probabilities" | "positive" | "estimate" | "median">): Headline {
  if (answer.estimate !== null) return { name: "", value: answer.estimate, share: false };
  if (answer.median !== null) return { name: "Median time", value: answer.median, share: false };
  const positive = answer.probabilities.find((one) => one.name === answer.positive);
  const first = positive ?? answer.probabilities.reduce((a, b) => (b.value > a.value ? b : a), { name: "", value: 0 });
  return { ...first, share: true };
}

/** What the curves alone say, in the form of an answer; the rest is as the last answer had it. */
export function fromCurves(last: Answer, link: Link, outputs: number[]): Answer {
  const numbers = shown(link, outputs);
  const read: Answer = { ...last, link: outputs, waterfall: null };
  if (last.median !== null) return { ...read, median: numbers[0]!, prediction: number(numbers[0]!), probabilities: [] };
  if (last.estimate !== null) return { ...read, estimate: numbers[0]! };
  const probabilities = last.probabilities.map((one, i) => ({ ...one, value: numbers[i]! }));
  const largest = probabilities.reduce((a, b) => (b.value > a.value ? b : a)).name;
  if (last.positive === null || last.threshold === null) return { ...read, probabilities, prediction: largest };
  const other = probabilities.find((one) => one.name !== last.positive)!.name;
  const yes = headline({ ...read, probabilities }).value! >= last.threshold;
  return { ...read, probabilities, prediction: yes ? last.positive : other };
}

/** A prediction in a few characters. */
export function brief(answer: Answer): string {
  const { value, share } = headline(answer);
  return share ? percent(value, 1) : number(value, 5);
}

export function labelOf(answer: Answer, target: string): string {
  const { name, share } = headline(answer);
  if (answer.median !== null) return `${name}, ${target}`;
  return share ? `Probability of ${name}` : `Estimate of ${target}, ${answer.unit}`;
}

export function against(answer: Answer, before: Answer): string {
  const now = headline(answer);
  const change = (now.value ?? 0) - (headline(before).value ?? 0);
  // Of several classes the one shown may be another than before.
  const same = now.name === headline(before).name;
  const size = now.share ? `${signed(100 * change, 1)} points` : signed(change, Math.abs(change) < 10 ? 2 : 0);
  const moved = !same ? `before: ${headline(before).name} ${brief(before)}` : Math.abs(change) < 1e-9 ? "as the row is" : `${size} against the row as it is`;
  return now.share ? `predicted ${answer.prediction} · ${moved}` : moved;
}

/** A bar a class, with the threshold and the place before the change marked. */
export function bars(answer: Answer, original: Answer): HTMLElement[] {
  const shown = answer.positive === null ? answer.probabilities : answer.probabilities.filter((one) => one.name === answer.positive);
  return shown.slice(0, 8).map((one) => {
    const bar = h("div", { class: "lep-gauge-bar" }, mark("done", one.value, true));
    const before = original.probabilities.find((other) => other.name === one.name);
    if (before) bar.append(mark("before", before.value));
    if (answer.threshold !== null && answer.positive !== null) bar.append(mark("threshold", answer.threshold));
    const name = answer.positive === null ? `${one.name} ${percent(one.value)}` : answer.threshold === null ? "" : `decided at ${percent(answer.threshold)}: ${answer.positive} from there on`;
    return h("div", {}, bar, h("div", { class: "lep-sub" }, name));
  });
}

function mark(kind: string, share: number, wide = false): HTMLElement {
  const node = h("i", { class: kind });
  node.style[wide ? "width" : "left"] = `${100 * Math.min(1, Math.max(0, share))}%`;
  return node;
}
