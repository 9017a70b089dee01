// The what-if of a report: a page without a kernel, whose answers come from curves and pairs measured when it was made.

import { against, bars, brief, fromCurves, headline, labelOf, type Answer } from "../answer.ts";
import { Around, chances, unpacked, type Answered, type Hazard, type Packed } from "../compose.ts";
import { copyButton } from "../code.ts";
import { control, type Column, type Control, type Value } from "../controls.ts";
import { dayAt, shown, type Link } from "../curves_read.ts";
import { distanceWords, sourceWords, type Distance } from "../distance_words.ts";
import { h } from "../dom.ts";
import { number, percent, signed } from "../format.ts";
import { extent } from "../scale.ts";
import { reachScrollers } from "../scrollers.ts";
import { waterfall } from "../waterfall.ts";
import { placeIn } from "../whatif_state.ts";

interface Row {
  label: string;
  why: string;
  truth: string | null;
  values: Value[];
  first: Answer;
  base: number[];
  curves: Packed;
  pairs: [number, number][];
  together: Packed;
  code: string;
}

interface Told {
  columns: Omit<Column, "value">[];
  beside: number[][];
  link: Link | "hazard";
  hazard: Hazard | null;
  target: string;
  unit: string;
  share: boolean;
  distances: Distance[];
  rows: Row[];
}

const FEW_COLUMNS = 12;

class RowView {
  private readonly columns: Column[];
  private readonly controls: Control[];
  private readonly around: Around;
  private readonly first: Answer;
  private readonly form = h("form", { class: "lep-controls", "aria-label": "values of the row", submit: (event: SubmitEvent) => event.preventDefault() });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find a column", "aria-label": "find a column", input: () => this.arrange() });
  private readonly what = h("div", { class: "lep-kpi-label" });
  private readonly value = h("div", { class: "lep-kpi-value" });
  private readonly against = h("div", { class: "lep-kpi-note" });
  private readonly gauge = h("div", { class: "lep-gauge", "aria-hidden": "true" });
  private readonly source = h("div", { class: "lep-source" });
  private readonly distance = h("div", { class: "lep-sub rep-distance" });
  private readonly alone = h("div", {});
  private readonly said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  private readonly reset = h("button", { type: "button", class: "lep-button", click: () => this.takeBack() }, "Reset");
  private readonly reasons = h("div", { class: "lep-detail" });
  private readonly line = h("code", { class: "lep-code", tabindex: "0", "aria-label": "the same in Python" });
  private width = 0;

  constructor(private readonly told: Told, private readonly row: Row, readonly el: HTMLElement) {
    this.columns = told.columns.map((column, j) => withValue(column, row.values[j]!));
    // The page's answers begin where the model's is.
    this.around = new Around(this.columns, told.beside, this.columns.map((one) => one.value), row.base, unpacked(row.curves), row.pairs, unpacked(row.together));
    this.first = row.first;
    this.controls = this.columns.map((column) => this.control(column));
    el.replaceChildren(this.page());
    this.draw();
    this.arrange();
    this.show();
    new ResizeObserver(() => Math.abs(this.reasons.clientWidth - this.width) > 2 && this.drawReasons()).observe(this.reasons);
    this.drawReasons();
  }

  private page(): HTMLElement {
    const list = h("div", {}, h("div", { class: "lep-find", hidden: this.columns.length <= FEW_COLUMNS }, this.find), this.form);
    const truth = this.row.truth === null ? null : h("div", { class: "lep-sub" }, `what was true: ${this.row.truth}`);
    const answer = h("div", { class: "lep-answer" }, this.what, h("div", { class: "lep-now" }, this.value, this.against), this.gauge, this.source, this.distance);
    const why = h("section", { class: "lep-more" }, h("div", { class: "lep-label" }, "Why the row as it is"), truth, this.reasons);
    const python = h("div", { class: "lep-tools" }, this.line, copyButton(() => this.line.textContent ?? ""));
    const side = h("div", { class: "lep-side" }, answer, h("div", { class: "lep-tools" }, this.reset), this.alone, why);
    return h("div", {}, h("div", { class: "lep-whatif" }, list, side), python, this.said);
  }

  private control(column: Column): Control {
    const made: Control = control(column, { moved: () => this.show(), released: () => (this.show(), this.speak()), locked: () => undefined });
    made.strip.node.addEventListener("pointermove", (event) => this.tell(made, made.strip.placeAt(event.clientX)));
    made.strip.node.addEventListener("pointerleave", () => made.strip.say(""));
    return made;
  }

  private values(): Value[] {
    return this.controls.map((one) => one.value());
  }

  /** Outputs as the numbers people read. */
  private numbers(outputs: number[]): number[] {
    return this.told.link === "hazard" ? chances(this.told.hazard!, outputs[0]!) : shown(this.told.link, outputs);
  }

  private answerOf(outputs: number[]): Answer {
    return fromCurves(this.first, "identity", this.numbers(outputs));
  }

  private show(): void {
    const found = this.around.answer(this.values());
    const words = this.el.dataset;
    if (typeof found === "number") {
      words.source = "none";
      this.value.textContent = "–";
      this.against.textContent = "";
      this.gauge.replaceChildren();
      this.source.dataset.kind = "lost";
      this.source.textContent = `No answer: the curve of ${this.columns[found]!.name} does not reach that value.`;
      this.distance.textContent = "";
      this.alone.replaceChildren();
    } else {
      const answer = found.moved.length ? this.answerOf(found.outputs) : this.first;
      words.source = found.moved.length === 0 ? "model" : found.moved.length === 1 ? "curve" : found.moved.length === 2 && found.pairs ? "pair" : "together";
      words.value = String(headline(answer).value);
      this.what.textContent = labelOf(answer, this.told.target);
      this.value.textContent = brief(answer);
      this.against.textContent = against(answer, this.first);
      this.gauge.replaceChildren(...bars(answer, this.first));
      const names = found.moved.map((j) => this.columns[j]!.name);
      this.source.dataset.kind = found.moved.length ? "curve" : "model";
      this.source.textContent = sourceWords(names, found.pairs, found.of);
      this.distance.textContent = distanceWords(this.told.distances, found.moved.length, this.told.share, this.told.unit);
      this.drawAlone(found, answer);
    }
    this.mark();
  }

  /** What each change does alone, and what they do together beyond that. */
  private drawAlone(found: Answered, answer: Answer): void {
    if (found.moved.length < 2) return this.alone.replaceChildren();
    const name = headline(answer).name;
    const start = this.read(this.first, name);
    const size = (by: number) => (this.told.share ? `${signed(100 * by, 1)} points` : signed(by, Math.abs(by) < 10 ? 2 : 0));
    const single = found.moved.map((j) => {
      const values = this.columns.map((one, i) => (i === j ? this.controls[j]!.value() : one.value));
      const one = this.around.answer(values) as Answered;
      return { name: this.columns[j]!.name, by: this.read(this.answerOf(one.outputs), name) - start };
    });
    const all = this.read(answer, name) - start;
    const beyond = all - single.reduce((sum, one) => sum + one.by, 0);
    const line = (words: string, by: number, kind = "") => h("tr", { class: kind || null }, h("th", { scope: "row" }, words), h("td", { class: "num" }, size(by)));
    const lines = [...single.map((one) => line(one.name, one.by)), line("beyond their sum", beyond), line("all together", all, "best")];
    const head = h("tr", {}, h("th", { scope: "col" }, "Changed alone"), h("th", { scope: "col", class: "num" }, name ? `probability of ${name}` : this.told.target));
    this.alone.replaceChildren(h("div", { class: "lep-scroll lep-more" }, h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, lines))));
  }

  private read(answer: Answer, name: string): number {
    return answer.estimate ?? answer.probabilities.find((one) => one.name === name)?.value ?? headline(answer).value;
  }

  private speak(): void {
    this.said.textContent = `${this.what.textContent}: ${this.value.textContent}. ${this.source.textContent}`;
  }

  private takeBack(): void {
    for (const one of this.controls) one.set(one.column.value);
    this.show();
    this.speak();
  }

  private height(outputs: number[]): number {
    const numbers = this.numbers(outputs);
    const k = this.first.probabilities.findIndex((one) => one.name === headline(this.first).name);
    return numbers[Math.max(k, 0)]!;
  }

  private draw(): void {
    const lines = this.controls.map((_, j) => this.around.line(j).map((one) => ({ place: one.place, height: this.height(one.outputs) })));
    const range = extent(lines.flatMap((line) => line.map((one) => one.height)), 0.02);
    this.controls.forEach((one, j) => {
      one.strip.draw(lines[j]!, range);
      one.strip.markWas(placeIn(one.column, one.column.value));
    });
  }

  private mark(): void {
    const code: string[] = [];
    for (const [j, one] of this.controls.entries()) {
      const value = one.value();
      const changed = value !== one.column.value;
      one.node.classList.toggle("changed", changed);
      if (changed) code.push(`${JSON.stringify(one.column.name)}: ${python(value)}`);
      const values = this.columns.map((column, i) => (i === j ? value : column.value));
      const found = one.column.curve && !one.column.curve.ordered ? this.around.answer(values) : null;
      const height = found && typeof found !== "number" ? this.height(found.outputs) : null;
      one.strip.markNow(height === null ? null : placeIn(one.column, value), height);
    }
    this.reset.disabled = code.length === 0;
    this.line.textContent = code.length ? `${this.row.code}.answer({${code.join(", ")}})` : this.row.code;
  }

  /** What the curve says under the pointer. */
  private tell(one: Control, place: number): void {
    const j = this.controls.indexOf(one);
    const points = this.around.line(j);
    if (!points.length) return;
    const near = points.reduce((a, b) => (Math.abs(b.place - place) < Math.abs(a.place - place) ? b : a));
    const height = this.height(near.outputs);
    const { curve } = one.column;
    const at = !curve!.ordered ? String(curve!.points[near.place] ?? "missing") : one.column.kind === "datetime" ? dayAt(near.place) : number(near.place, 6);
    one.strip.say(`${at}: ${this.told.share ? percent(height, 1) : number(height, 5)}`);
  }

  /** The columns that move the row most come first; those that are looked for alone. */
  private arrange(): void {
    const words = this.find.value.toLowerCase();
    const found = this.controls.filter((one) => one.column.name.toLowerCase().includes(words));
    this.form.replaceChildren(...found.sort((a, b) => b.strip.reach - a.strip.reach).map((one) => one.node));
  }

  private drawReasons(): void {
    const drawn = this.first.waterfall;
    this.width = this.reasons.clientWidth;
    if (drawn && this.width) this.reasons.replaceChildren(waterfall(drawn, this.width));
  }
}

/** A column at a row: the row's own category is among those to choose, though it may have no point. */
export function withValue(column: Omit<Column, "value">, value: Value): Column {
  const known = column.kind === "numeric" || column.kind === "datetime" || value === null || column.categories.some((one) => one.value === value);
  const categories = known ? column.categories : [{ value: value as string | number | boolean, shown: String(value) }, ...column.categories];
  // A page knows nothing of other texts than the row's own.
  const kind = column.kind === "text" ? "category" : column.kind;
  return { ...column, kind, categories, value, nullable: column.nullable || value === null };
}

/** A value as Python writes it. */
export function python(value: Value): string {
  return value === null ? "None" : value === true ? "True" : value === false ? "False" : JSON.stringify(value);
}

function choice(told: Told, place: HTMLElement): HTMLElement {
  const words = (row: Row) => `${row.why || "chosen"}: row ${row.label}, ${brief(row.first)}`;
  const group = h("fieldset", { class: "rep-rows" }, h("legend", {}, "Row"));
  told.rows.forEach((row, i) => {
    const pick = h("input", { type: "radio", name: "report-row", value: i, checked: i === 0, change: () => void new RowView(told, row, place) });
    group.append(h("label", { class: "rep-row" }, pick, h("span", {}, words(row))));
  });
  return group;
}

function colours(): void {
  const chosen = document.getElementById("report-theme") as HTMLSelectElement | null;
  const take = (name: string | undefined) => {
    if (name === "light" || name === "dark") document.body.dataset.jpThemeLight = String(name === "light");
    else delete document.body.dataset.jpThemeLight;
  };
  chosen?.addEventListener("change", () => take(chosen.value));
  // Paper is white, whatever was chosen for the screen.
  window.addEventListener("beforeprint", () => take("light"));
  window.addEventListener("afterprint", () => take(chosen?.value));
}

function start(): void {
  colours();
  reachScrollers(document.body);
  const data = document.getElementById("report-data");
  const root = document.getElementById("report-whatif");
  if (!data || !root) return;
  const told = JSON.parse(data.textContent ?? "{}") as Told;
  const place = h("div", { class: "rep-whatif" });
  root.append(choice(told, place), place);
  new RowView(told, told.rows[0]!, place);
}

if (typeof document !== "undefined") start();
