// One class against the rest at a threshold that moves: scores, matrix, shares, costs, and marks on the curves.
// Every number is looked up in counts that the kernel sent once; nothing is asked while the slider moves.

import { h } from "./dom.ts";
import { figure, key, type Figure, type Spec } from "./figure.ts";
import { number, percent } from "./format.ts";
import { Matrix, rows } from "./matrix.ts";
import { cheapest, cost, curve, decisions, nearest, type Costs, type Counts, type Decisions, type Share } from "./thresholds.ts";

export interface OneClass extends Counts {
  k: number;
  name: string;
  scores: { edges: number[]; counts: number[][] };
  calibration: Spec;
  call: string; // of several classes what names the class in code
}

/** What the kernel says of some costs. */
export interface Choice {
  false_alarm: number;
  missed: number;
  unit?: string;
  threshold: number;
  words: string;
  code: string;
}

export interface Setting {
  rest: string; // what the other rows are called
  own: number | null; // the model's threshold
  words: { row: string; rows: string };
  weighed: boolean;
  choice: Choice | null;
  /** Costs have come to rest: what does the kernel say? Null where it has nothing to say of several classes. */
  ask: ((costs: Costs, unit: string) => void) | null;
  lines: (evaluation: string, keep: string) => void;
}

const REST_MS = 500;
const SHARES: [keyof Decisions, string, string][] = [
  ["sensitivity", "Found", "sensitivity, recall: share of the class that is called"],
  ["precision", "Right alarms", "precision: share of the called rows that is of the class"],
  ["specificity", "Left alone", "specificity: share of the others that is not called"],
  ["alertShare", "Called", "share of all rows that is called"],
  ["accuracy", "Right", "accuracy: share of all rows that is decided rightly"],
];

export class Decide {
  readonly node: HTMLElement;
  readonly curves: HTMLElement;
  private place: number;
  private costs: Costs;
  private waiting = 0;
  private best = 0;
  private readonly matrix: Matrix;
  private readonly shares = new Map<string, HTMLElement>();
  private readonly scores: Figure;
  private readonly roc: Figure;
  private readonly recall: Figure;
  private expense: Figure | null = null;
  private readonly slider = h("input", { type: "range", class: "lep-range", min: "0", max: "1", step: "any" });
  private readonly box = h("input", { type: "number", class: "lep-number lep-cut", min: "0", max: "1", step: "0.001", "aria-label": "threshold, exact" });
  private readonly called = h("div", { class: "lep-sub" });
  private readonly total = h("div", { class: "lep-total" });
  private readonly advice = h("div", { class: "lep-sub", "aria-live": "polite" });
  private readonly go: HTMLButtonElement;
  private readonly alarm = this.money("false alarm");
  private readonly missed = this.money("missed case");
  private readonly unit = h("input", { type: "text", class: "lep-unit", "aria-label": "unit of the costs", placeholder: "€, $, h", maxlength: 12, input: () => this.costsMoved(), keydown: (e: KeyboardEvent) => e.stopPropagation() });
  private readonly spending = h("div", {});
  private readonly jumps: HTMLElement;

  constructor(private readonly one: OneClass, private readonly setting: Setting) {
    const { choice, own } = setting;
    this.costs = { falseAlarm: choice?.false_alarm ?? 1, missed: choice?.missed ?? 1 };
    this.alarm.value = String(this.costs.falseAlarm);
    this.missed.value = String(this.costs.missed);
    this.unit.value = choice?.unit ?? "";
    this.place = nearest(one, own ?? 0.5);
    this.matrix = new Matrix([setting.rest, one.name], null);
    this.scores = figure(this.histogram(), 420, 190);
    this.roc = figure(this.ranking());
    this.recall = figure(this.precisions());
    this.slider.setAttribute("aria-label", `threshold from which a row is called ${one.name}`);
    this.slider.addEventListener("input", () => this.to(nearest(one, Number(this.slider.value))));
    this.slider.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("change", () => this.to(nearest(one, Math.min(1, Math.max(0, Number(this.box.value) || 0)))));
    this.box.addEventListener("keydown", (event) => event.stopPropagation());
    this.go = h("button", { type: "button", class: "lep-button", click: () => this.to(this.best) }, "");
    this.jumps = h("span", { class: "lep-jumps" }, own === null ? "" : h("button", { type: "button", class: "lep-button", click: () => this.to(nearest(one, own)) }, `model's own, ${number(own, 4)}`), this.go);
    this.curves = h("div", { class: "lep-row" }, this.roc.node, this.recall.node, figure(one.calibration).node);
    this.node = this.page();
    this.drawCosts();
    this.show();
    if (choice) this.hear(choice);
  }

  /** What the kernel says of the costs that were asked. */
  hear(choice: Choice): void {
    if (choice.false_alarm !== this.costs.falseAlarm || choice.missed !== this.costs.missed) return;
    const keep = h("button", { type: "button", class: "lep-button", click: () => this.to(nearest(this.one, choice.threshold)) }, `advised: ${number(choice.threshold, 4)}`);
    this.advice.replaceChildren(keep, ` ${choice.words}`);
  }

  fail(words: string): void {
    this.advice.textContent = words;
  }

  close(): void {
    clearTimeout(this.waiting);
  }

  private page(): HTMLElement {
    // The slider lies over the plot, its thumb the line of the threshold.
    const { x, y, width, height } = this.scores;
    const inset = 6;
    Object.assign(this.slider.style, {
      left: `calc(${(100 * x.start) / width}% - ${inset}px)`, width: `calc(${(100 * (x.end - x.start)) / width}% + ${2 * inset}px)`,
      top: `${(100 * y.end) / height}%`, height: `${(100 * (y.start - y.end)) / height}%`, right: "auto", bottom: "auto",
    });
    const over = h("div", { class: "lep-over" }, this.scores.svg, this.slider);
    const caption = h("figcaption", {}, "Scores by true class", h("span", {}, "drag the line, or arrow keys"));
    const keys = h("div", {}, key("other", this.setting.rest), key("up", this.one.name));
    const left = h("div", {}, h("figure", {}, caption, over, keys), h("div", { class: "lep-tools" }, h("label", { class: "lep-field" }, "called from", this.box), this.jumps));
    const list = h("dl", { class: "lep-shares" }, ...SHARES.flatMap(([name, words, title]) => {
      const node = h("dd", {});
      this.shares.set(name, node);
      return [h("dt", { title }, words), node];
    }));
    const right = h("div", { class: "lep-decided" }, this.matrix.node, h("div", {}, this.called, list));
    const costs = h("div", { class: "lep-costs" },
      h("label", { class: "lep-field" }, "A false alarm costs", this.alarm), h("label", { class: "lep-field" }, "a missed one", this.missed), h("label", { class: "lep-field" }, "in", this.unit));
    const costing = h("div", { class: "lep-costing" }, h("div", {}, costs, this.total, this.advice), this.spending);
    return h("div", {}, h("div", { class: "lep-decide" }, left, right), costing);
  }

  private money(what: string): HTMLInputElement {
    return h("input", { type: "number", class: "lep-number lep-money", min: "0", step: "any", "aria-label": `cost of a ${what}`, input: () => this.costsMoved(), keydown: (event: KeyboardEvent) => event.stopPropagation() });
  }

  private key(event: KeyboardEvent): void {
    const by: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 20, PageDown: -20, Home: -Infinity, End: Infinity };
    event.stopPropagation(); // the arrows also move between the notebook's cells
    const steps = by[event.key];
    if (!steps) return;
    event.preventDefault();
    this.to(Math.min(this.one.thresholds.length - 1, Math.max(0, this.place + steps)));
  }

  private to(place: number): void {
    this.place = place;
    this.show();
  }

  private show(): void {
    const now = decisions(this.one, this.place);
    const shown = cut(now.threshold);
    this.slider.value = String(now.threshold);
    this.slider.setAttribute("aria-valuetext", `${shown}: ${rows(now.alerts)} ${this.setting.words.rows} called, ${now.sensitivity ? percent(now.sensitivity.value) : "none"} found`);
    if (this.box.value !== shown) {
      this.box.value = shown;
      this.box.style.width = `${Math.max(12, shown.length + 4)}ch`; // the model's own may have seventeen digits
    }
    this.matrix.show(now.matrix);
    this.called.textContent = `${rows(now.alerts)} of ${rows(now.n)} ${this.setting.words.rows} called${this.setting.weighed ? ", by their weights" : ""}`;
    for (const [name, node] of this.shares) node.textContent = words(now[name as keyof Decisions] as Share | null);
    this.roc.ring(1 - (now.specificity?.value ?? NaN), now.sensitivity?.value ?? NaN);
    this.recall.ring(now.sensitivity?.value ?? NaN, now.precision?.value ?? NaN);
    this.showCost(now);
    const evaluation = `evaluation.at(${shown}${this.one.call}${this.costsCode()})`;
    this.setting.lines(evaluation, this.one.call ? "" : `model = model.with_threshold(${shown})`);
  }

  private showCost(now: Decisions): void {
    const spent = cost(this.one, this.place, this.costs);
    const least = cost(this.one, this.best, this.costs);
    const unit = this.unit.value.trim() ? ` ${this.unit.value.trim()}` : "";
    const more = spent - least > 1e-9 ? `, ${number(spent - least, 4)}${unit} more than the least on these ${this.setting.words.rows}` : `, the least on these ${this.setting.words.rows}`;
    this.total.replaceChildren("costs ", h("strong", {}, `${number(spent, 5)}${unit}`), `, ${number(spent / now.n, 4)}${unit} a ${this.setting.words.row}${more}`);
    this.expense?.ring(now.threshold, spent / now.n);
  }

  private costsMoved(): void {
    const [falseAlarm, missed] = [Number(this.alarm.value), Number(this.missed.value)];
    const sound = [falseAlarm, missed].every((v) => v > 0 && Number.isFinite(v));
    this.alarm.setAttribute("aria-invalid", String(!(falseAlarm > 0)));
    this.missed.setAttribute("aria-invalid", String(!(missed > 0)));
    if (!sound) return;
    this.costs = { falseAlarm, missed };
    this.drawCosts();
    this.show();
    this.advice.replaceChildren();
    clearTimeout(this.waiting);
    if (this.setting.ask) this.waiting = window.setTimeout(() => this.setting.ask!(this.costs, this.unit.value.trim()), REST_MS);
  }

  private drawCosts(): void {
    const { one } = this;
    const n = one.positives + one.negatives;
    this.best = cheapest(one, this.costs);
    this.go.textContent = `cheapest here, ${number(one.thresholds[this.best]!, 4)}`;
    const line = curve(one, (i) => [one.thresholds[i]!, cost(one, i, this.costs) / n]);
    const top = Math.max(...line.ys, 1e-12) * 1.05;
    const unit = this.unit.value.trim();
    const asked = this.costs.falseAlarm / (this.costs.falseAlarm + this.costs.missed);
    this.expense = figure({
      caption: `Cost a ${this.setting.words.row}`, sub: `dashed: where probabilities hold, ${percent(asked)}`, x: { name: "threshold", from: 0, to: 1 }, y: { name: `cost a ${this.setting.words.row}${unit ? `, ${unit}` : ""}`, from: 0, to: top },
      shapes: [{ shape: "dash", kind: "axis", xs: [asked, asked], ys: [0, top] }, { shape: "line", kind: "main", ...line }],
    }, 300);
    this.spending.replaceChildren(this.expense.node);
  }

  private costsCode(): string {
    const unit = this.unit.value.trim();
    return `, costs={"false_alarm": ${this.costs.falseAlarm}, "missed": ${this.costs.missed}}${unit ? `, unit=${JSON.stringify(unit)}` : ""}`;
  }

  private histogram(): Spec {
    const { edges, counts } = this.one.scores;
    const shares = counts.map((part) => part.map((n) => n / (part.reduce((a, b) => a + b, 0) || 1)));
    const names = [this.setting.rest, this.one.name];
    return {
      caption: "Scores by true class", sub: "", x: { name: `probability of ${this.one.name}`, from: 0, to: 1 }, y: { name: `share of ${this.setting.words.rows}`, from: 0, to: 1.05 * Math.max(...shares.flat(), 1e-9), percent: true },
      shapes: shares.map((ys, i) => ({ shape: "bars", kind: i ? "up" : "other", xs: edges, ys, name: names[i]! })),
    };
  }

  private ranking(): Spec {
    const { one } = this;
    const line = curve(one, (i) => [one.alarms[i]! / (one.negatives || 1), one.found[i]! / (one.positives || 1)]);
    return { caption: "ROC", sub: "", x: { name: "false positive rate", from: 0, to: 1 }, y: { name: "true positive rate", from: 0, to: 1 }, shapes: [diagonal, { shape: "line", kind: "main", ...line }] };
  }

  private precisions(): Spec {
    const { one } = this;
    const line = curve(one, (i) => {
      const called = one.found[i]! + one.alarms[i]!;
      return called > 0 ? [one.found[i]! / (one.positives || 1), one.found[i]! / called] : null;
    });
    const guess = one.positives / (one.positives + one.negatives || 1);
    return {
      caption: "Precision–recall", sub: "dashed: guessing", x: { name: "recall", from: 0, to: 1 }, y: { name: "precision", from: 0, to: 1 },
      shapes: [{ shape: "dash", kind: "axis", xs: [0, 1], ys: [guess, guess] }, { shape: "line", kind: "main", ...line }],
    };
  }
}

const diagonal = { shape: "dash" as const, kind: "axis", xs: [0, 1], ys: [0, 1] };

/** A threshold as it can be typed: every digit it has, no more than seventeen. */
export function cut(threshold: number): string {
  return threshold !== 0 && threshold < 1e-4 ? threshold.toFixed(8).replace(/0+$/, "") : String(threshold);
}

function words(share: Share | null): string {
  return share ? `${percent(share.value, 1)} (${percent(share.low)} to ${percent(share.high)})` : "–";
}
