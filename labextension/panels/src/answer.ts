// The prediction of the what-if panel: the large number, what it is against, a bar a class.

import { h } from "./dom.ts";
import { number, percent, signed } from "./format.ts";
import { shown, type Link } from "./curves_read.ts";
import type { Waterfall } from "./waterfall.ts";

export interface Answer {
  prediction: string;
  what: string; // "predicted", "median time"
  link: number[]; // outputs in link space, as the curves' are
  probabilities: { name: string; value: number }[]; // empty for regression
  positive: string | null; // whose probability is shown: of two classes the positive one, of times the middle one
  estimate: number | null; // regression
  unit: string;
  threshold: number | null;
  code: string;
  waterfall: (Waterfall & { exact: boolean }) | null;
}

export interface Headline {
  name: string;
  value: number;
  share: boolean;
}

/** The number to show large: the positive class's probability, the largest one, or the estimate. */
export function headline(answer: Pick<Answer, "probabilities" | "positive" | "estimate">): Headline {
  if (answer.estimate !== null) return { name: "", value: answer.estimate, share: false };
  const positive = answer.probabilities.find((one) => one.name === answer.positive);
  const first = positive ?? answer.probabilities.reduce((a, b) => (b.value > a.value ? b : a), { name: "", value: 0 });
  return { ...first, share: true };
}

/** What the curves alone say, in the form of an answer; the rest is as the last answer had it. */
export function fromCurves(last: Answer, link: Link, outputs: number[]): Answer {
  const numbers = shown(link, outputs);
  const read: Answer = { ...last, link: outputs, waterfall: null };
  if (last.estimate !== null) return { ...read, estimate: numbers[0]! };
  const probabilities = last.probabilities.map((one, i) => ({ ...one, value: Math.min(1, Math.max(0, numbers[i]!)) }));
  // A median time is not read off curves of chances.
  if (last.what !== "predicted") return { ...read, probabilities, prediction: "" };
  const largest = probabilities.reduce((a, b) => (b.value > a.value ? b : a)).name;
  if (last.positive === null || last.threshold === null) return { ...read, probabilities, prediction: largest };
  const other = probabilities.find((one) => one.name !== last.positive)!.name;
  const yes = headline({ ...read, probabilities }).value >= last.threshold;
  return { ...read, probabilities, prediction: yes ? last.positive : other };
}

/** A prediction in a few characters. */
export function brief(answer: Answer): string {
  const { value, share } = headline(answer);
  return share ? percent(value, 1) : number(value, 5);
}

export function labelOf(answer: Answer, target: string): string {
  const { name, share } = headline(answer);
  const unit = answer.unit === target ? "" : `, ${answer.unit}`;
  return share ? `Probability of ${name}` : `Estimate of ${target}${unit}`;
}

export function against(answer: Answer, before: Answer): string {
  const now = headline(answer);
  const change = now.value - headline(before).value;
  // Of several classes the one shown may be another than before.
  const same = now.name === headline(before).name;
  const size = now.share ? `${signed(100 * change, 1)} points` : signed(change, Math.abs(change) < 10 ? 2 : 0);
  const moved = !same ? `before: ${headline(before).name} ${brief(before)}` : Math.abs(change) < 1e-9 ? "as the row is" : `${size} against the row as it is`;
  return now.share && answer.prediction ? `${answer.what} ${answer.prediction} · ${moved}` : moved;
}

const MOST_BARS = 8;

/** The classes that have a bar: of two the positive one, of many the likeliest. */
export function barred(answer: Pick<Answer, "probabilities" | "positive">): { name: string; value: number }[] {
  const { probabilities, positive } = answer;
  if (probabilities.length === 2) return probabilities.filter((one) => one.name === positive);
  if (probabilities.length <= MOST_BARS) return probabilities;
  return [...probabilities].sort((a, b) => b.value - a.value).slice(0, MOST_BARS);
}

/** A bar a class, with the threshold and the place before the change marked. */
export function bars(answer: Answer, original: Answer): HTMLElement[] {
  const two = answer.probabilities.length === 2;
  const made = barred(answer).map((one) => {
    const bar = h("div", { class: "lep-gauge-bar" }, mark("done", one.value, true));
    const before = original.probabilities.find((other) => other.name === one.name);
    if (before) bar.append(mark("before", before.value));
    if (answer.threshold !== null && two) bar.append(mark("threshold", answer.threshold));
    const name = !two ? `${one.name} ${percent(one.value)}` : answer.threshold === null ? "" : `decided at ${percent(answer.threshold)}: ${answer.positive} from there on`;
    return h("div", {}, bar, h("div", { class: "lep-sub" }, name));
  });
  const left = two ? 0 : answer.probabilities.length - made.length;
  return left > 0 ? [...made, h("div", { class: "lep-sub" }, `and ${left.toLocaleString("en")} less likely`)] : made;
}

function mark(kind: string, share: number, wide = false): HTMLElement {
  const node = h("i", { class: kind });
  node.style[wide ? "width" : "left"] = `${100 * Math.min(1, Math.max(0, share))}%`;
  return node;
}
