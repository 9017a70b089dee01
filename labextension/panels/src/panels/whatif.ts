// The what-if panel: every column of one row as a control over its curve. While a control moves, the page reads the
// prediction off the curve; the kernel's answer replaces it, and after release all curves are asked anew.

import { against, bars, brief, fromCurves, headline, labelOf, type Answer } from "../answer.ts";
import { codeLine, copyButton } from "../code.ts";
import { control, type Column, type Control, type Value } from "../controls.ts";
import { Curves, dayAt, placeOf, shown, type Link } from "../curves_read.ts";
import { h } from "../dom.ts";
import { number, percent } from "../format.ts";
import { hear, onLost, takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { LatestWins } from "../requests.ts";
import { extent } from "../scale.ts";
import { nextName, sameChanges, table, type Changes, type Scenario } from "../scenarios.ts";
import { waterfall, type Waterfall } from "../waterfall.ts";
import { drawNear, drawWays } from "../ways.ts";

interface Told {
  columns: Column[];
  first: Answer;
  answer: Answer;
  changes: Changes;
  pins: Record<string, Changes>;
  locked: string[];
  link: Link;
  classes: string[];
  target: string;
  goal: string;
}

const BUSY_MS = 700;
const SILENT_MS = 15_000;
const MOST_PINS = 8;
const FEW_COLUMNS = 12;

/** What differs from the row as it is, by column. */
export function changesOf(controls: Pick<Control, "column" | "value">[]): Changes {
  const changed: [string, Value][] = [];
  for (const one of controls) if (one.value() !== one.column.value) changed.push([one.column.name, one.value()]);
  return Object.fromEntries(changed);
}

function render({ model, el }: View): Cleanup {
  const panel = new WhatIfView(model, el);
  return () => panel.close();
}

class WhatIfView {
  private told: Told | null = null;
  private controls: Control[] = [];
  private curves: Curves | null = null;
  /** The model's last answer, and the values it is for. */
  private last: { answer: Answer; values: Value[] } | null = null;
  private asked = new Map<number, Value[]>();
  private scenarios: Scenario[] = [];
  private reasons: Waterfall | null = null;
  private width = 0;
  private lost = false;
  private clock = 0;
  private since = 0;
  private code: string;
  private readonly cleanups: Cleanup[] = [];
  private twin: Cleanup | null = null;
  private readonly token = Math.random().toString(36).slice(2);
  private readonly requests = new LatestWins((id, question) => {
    this.asked.set(id, this.values());
    this.send({ type: "set", id, ...question });
  });

  private readonly form = h("form", { class: "lep-controls", "aria-label": "values of the row", submit: (event: SubmitEvent) => event.preventDefault() });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find a column", "aria-label": "find a column", input: () => this.arrange(), keydown: (event: KeyboardEvent) => event.stopPropagation() });
  private readonly order = h("select", { "aria-label": "order of the columns", change: () => this.arrange() }, h("option", { value: "reach" }, "strongest first"), h("option", { value: "frame" }, "as in the table"));
  private readonly what = h("div", { class: "lep-kpi-label" });
  private readonly value = h("div", { class: "lep-kpi-value" });
  private readonly against = h("div", { class: "lep-kpi-note" });
  private readonly gauge = h("div", { class: "lep-gauge", "aria-hidden": "true" });
  private readonly source = h("div", { class: "lep-source" });
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly detail = h("div", { class: "lep-detail" });
  private readonly said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  private readonly reset = h("button", { type: "button", class: "lep-button", click: () => this.take({}) }, "Reset");
  private readonly pin = h("button", { type: "button", class: "lep-button", click: () => this.pinNow() }, "Pin scenario");
  private readonly pinned = h("div", {});
  private readonly goal = h("input", { type: "text", class: "lep-words lep-goal", "aria-label": "prediction to reach", keydown: (event: KeyboardEvent) => event.stopPropagation() });
  private readonly goals = h("datalist", { id: `lep-${this.token}` });
  private readonly seek = h("button", { type: "submit", class: "lep-button" }, "Find ways");
  private readonly locks = h("span", { class: "lep-sub" });
  private readonly ways = h("div", { role: "region", "aria-label": "ways to the goal", "aria-live": "polite" });
  private readonly look = h("button", { type: "button", class: "lep-button", click: () => this.askNear() }, "Nearest real rows");
  private readonly near = h("div", { role: "region", "aria-label": "nearest real rows", "aria-live": "polite" });
  private readonly line = codeLine();

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    this.code = String(model.get("code"));
    this.goal.setAttribute("list", this.goals.id);
    el.replaceChildren(this.page());
    this.cleanups.push(hear(model, (content, buffers) => this.heard(content, buffers)), onLost(model, () => this.lose()));
    const resized = new ResizeObserver(() => Math.abs(this.detail.clientWidth - this.width) > 2 && this.drawReasons());
    resized.observe(el);
    this.cleanups.push(() => resized.disconnect(), () => clearInterval(this.clock));
    this.clock = window.setInterval(() => this.watch(), 250);
    this.send({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    for (const cleanup of this.cleanups) cleanup();
  }

  private page(): HTMLElement {
    const head = h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(this.model.get("title"))),
      h("div", { class: "lep-sub" }, "bars: how often values occur · line: the prediction if this column alone were different"));
    const list = h("div", {}, h("div", { class: "lep-find" }, this.find, this.order), this.form);
    const answer = h("div", { class: "lep-answer" }, this.what, h("div", { class: "lep-now" }, this.value, this.against), this.gauge, this.source, this.trouble, this.detail);
    const tools = h("div", { class: "lep-tools" }, this.reset, this.pin);
    const seek = h("form", { class: "lep-seek", submit: (event: SubmitEvent) => (event.preventDefault(), this.askWays()) }, h("label", { class: "lep-field" }, "Reach", this.goal), this.goals, this.seek, this.locks);
    const near = h("section", { class: "lep-more" }, h("div", { class: "lep-seek" }, this.look), this.near);
    const python = h("div", { class: "lep-tools" }, this.line, copyButton(() => this.code));
    return h("div", {}, head, h("div", { class: "lep-whatif" }, list, h("div", { class: "lep-side" }, answer, tools, h("section", { class: "lep-more" }, seek, this.ways))), this.pinned, near, python, this.said);
  }

  // --- what the kernel says

  private heard(content: any, buffers: DataView[]): void {
    if (content.type === "pins") return void (this.told && this.hearPins(content));
    if (content.view !== this.token) return;
    if (this.lost) this.findAgain();
    if (content.type === "columns") return this.start(content, buffers);
    if (!this.told) return;
    if (content.type === "answer") this.hearAnswer(content);
    else if (content.type === "curves") this.hearCurves(content.id, buffers);
    else if (content.type === "reach") this.hearWays(content);
    else if (content.type === "nearest") this.hearNear(content);
  }

  private start(told: Told, buffers: DataView[]): void {
    this.told = told;
    this.controls = told.columns.map((column) => this.control(column));
    this.scenarios = [];
    for (const one of this.controls) {
      const was = this.placeIn(one, one.column.value);
      one.strip.markWas(was);
      if (one.column.name in told.changes) one.set(told.changes[one.column.name]!);
      one.lock(told.locked.includes(one.column.name));
    }
    this.find.parentElement!.hidden = told.columns.length <= FEW_COLUMNS && !told.columns.some((column) => column.curve);
    this.find.hidden = told.columns.length <= FEW_COLUMNS;
    this.order.hidden = !told.columns.some((column) => column.curve);
    this.goal.value = told.goal;
    this.goals.replaceChildren(...told.classes.map((one) => h("option", { value: one })));
    this.last = { answer: told.answer, values: this.values() };
    this.setCurves(told.answer, this.values(), buffers);
    this.arrange();
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
    this.mark();
    this.countLocks();
    this.show(told.answer, "model");
    this.hearPins({ pins: told.pins, answers: {} });
    if (Object.keys(told.pins).length) this.send({ type: "pins", pins: told.pins });
  }

  private control(column: Column): Control {
    const made: Control = control(column, { moved: () => this.moved(false), released: () => this.moved(true), locked: () => this.countLocks() });
    made.strip.node.addEventListener("pointermove", (event) => this.tell(made, made.strip.placeAt(event.clientX)));
    made.strip.node.addEventListener("pointerleave", () => made.strip.say(""));
    return made;
  }

  private hearAnswer(content: Answer & { id: number; error: string | null }): void {
    const values = this.asked.get(content.id);
    this.asked.delete(content.id);
    const newest = this.requests.answered(content.id);
    this.since = this.requests.open ? performance.now() : 0;
    this.trouble.hidden = !content.error;
    this.trouble.textContent = content.error ?? "";
    if (content.error || !values) return;
    this.last = { answer: content, values };
    if (content.waterfall) {
      this.reasons = content.waterfall;
      this.drawReasons();
    }
    // What was moved on meanwhile is still read off the curves.
    if (newest) this.show(content, "model");
  }

  private hearCurves(_id: number, buffers: DataView[]): void {
    // They follow the answer for the same values.
    if (this.last) this.setCurves(this.last.answer, this.last.values, buffers);
    if (this.requests.open) this.read();
  }

  private setCurves(answer: Answer, values: Value[], buffers: DataView[]): void {
    const view = buffers[0];
    if (!view) return;
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
    this.curves = new Curves(this.told!.columns, new Float32Array(bytes), values, answer.link);
    this.drawCurves();
  }

  private drawCurves(): void {
    const lines = this.controls.map((_, j) => this.curves!.line(j).map((one) => ({ place: one.place, height: this.height(one.outputs) })));
    const all = extent(lines.flatMap((line) => line.map((one) => one.height)), 0.02);
    this.controls.forEach((one, j) => one.strip.draw(lines[j]!, all));
    this.markNow();
  }

  /** The number of an answer that is drawn as a curve's height. */
  private height(outputs: number[]): number {
    const { answer } = this.last!;
    const numbers = shown(this.told!.link, outputs);
    // Of several classes the one that the model says now, all along the curve.
    const k = answer.probabilities.findIndex((one) => one.name === headline(answer).name);
    return numbers[Math.max(k, 0)]!;
  }

  private hearPins(content: { pins: Record<string, Changes>; answers: Record<string, Answer> }): void {
    const before = new Map(this.scenarios.map((one) => [one.name, one]));
    this.scenarios = Object.entries(content.pins).map(([name, changes]) => ({ name, changes, answer: content.answers[name] ?? before.get(name)?.answer ?? null }));
    this.drawPins();
  }

  private hearWays(content: any): void {
    this.seek.disabled = false;
    if (content.error) return this.ways.replaceChildren(h("div", { class: "lep-trouble" }, content.error));
    this.ways.replaceChildren(...drawWays(content, (changes) => this.take({ ...this.changes(), ...changes })));
    this.setCode(content.code);
  }

  private hearNear(content: any): void {
    this.look.disabled = false;
    if (content.error) return this.near.replaceChildren(h("div", { class: "lep-trouble" }, content.error));
    this.near.replaceChildren(...drawNear(content));
    this.setCode(content.code);
  }

  // --- what the reader does

  private moved(rest: boolean): void {
    this.mark();
    this.read();
    if (!this.lost) this.requests.ask({ changes: this.changes(), explain: true, rest });
    if (this.requests.open) this.since ||= performance.now();
  }

  /** The page's own answer. */
  private read(): void {
    const reading = this.curves?.predict(this.values()) ?? null;
    this.markNow();
    if (reading && this.last) this.show(fromCurves(this.last.answer, this.told!.link, reading.outputs), "curve", reading.moved);
    else this.el.dataset.source = "none";
    this.detail.classList.add("stale");
  }

  /** Go to other values: all columns not named are as the row is. */
  private take(changes: Changes): void {
    for (const one of this.controls) one.set(one.column.name in changes ? changes[one.column.name]! : one.column.value);
    this.moved(true);
  }

  private pinNow(): void {
    const changes = this.changes();
    const name = nextName(this.scenarios.map((one) => one.name));
    const reading = this.curves?.predict(this.values());
    const own = this.last && this.isLast() ? this.last.answer : reading && this.last ? fromCurves(this.last.answer, this.told!.link, reading.outputs) : null;
    this.setPins([...this.scenarios, { name, changes, answer: own }]);
  }

  private setPins(scenarios: Scenario[]): void {
    this.scenarios = scenarios;
    this.drawPins();
    this.send({ type: "pins", pins: Object.fromEntries(scenarios.map((one) => [one.name, one.changes])) });
  }

  private askWays(): void {
    this.seek.disabled = true;
    this.ways.replaceChildren(h("div", { class: "lep-sub" }, "looking for the smallest changes…"));
    const locked = this.controls.filter((one) => one.locked()).map((one) => one.column.name);
    this.send({ type: "reach", goal: this.goal.value, locked, changes: this.changes() });
  }

  private askNear(): void {
    this.look.disabled = true;
    this.near.replaceChildren(h("div", { class: "lep-sub" }, "looking…"));
    this.send({ type: "nearest", changes: this.changes() });
  }

  private send(content: Record<string, unknown>): void {
    if (this.lost) return;
    try {
      this.model.send({ ...content, view: this.token });
    } catch {
      // A comm that is closed cannot be written to.
      if (content.type !== "curves") this.lose();
    }
  }

  // --- a kernel that is busy, or gone

  private lose(): void {
    if (this.lost) return;
    this.send({ type: "curves", changes: this.changes() });
    // Whoever answers that is alive, and heard.
    this.lost = true;
    this.seek.disabled = this.look.disabled = true;
    this.sourceIs("The kernel is gone. The curves go on answering; run the cell again for the model's own answers.", "lost");
  }

  private findAgain(): void {
    this.lost = false;
    this.seek.disabled = this.look.disabled = false;
    this.requests.reset();
    this.moved(true);
  }

  private watch(): void {
    if (!this.since || this.lost || !this.told) return;
    const waited = performance.now() - this.since;
    if (waited > SILENT_MS) this.sourceIs(`≈ read off the curves; the kernel has been silent for ${Math.round(waited / 1000)} s: it is busy with another cell, or gone`, "busy");
    else if (waited > BUSY_MS) this.sourceIs("≈ read off the curves; the kernel is busy, its own answer will follow", "busy");
  }

  private sourceIs(words: string, kind: string): void {
    this.source.textContent = words;
    this.source.dataset.kind = kind;
  }

  // --- drawing

  private values(): Value[] {
    return this.controls.map((one) => one.value());
  }

  private changes(): Changes {
    return changesOf(this.controls);
  }

  private isLast(): boolean {
    return this.values().every((value, j) => value === this.last!.values[j]);
  }

  private placeIn(one: Control, value: Value): number | null {
    const points = one.column.curve;
    if (!points) return null;
    if (points.ordered) return placeOf(one.column, value);
    const at = points.points.findIndex((point) => point === value);
    return at < 0 ? null : at;
  }

  private markNow(): void {
    const reading = this.curves?.predict(this.values());
    const height = reading ? this.height(reading.outputs) : null;
    for (const one of this.controls) one.strip.markNow(this.placeIn(one, one.value()), height);
  }

  /** What a column's curve says at a place, in the strip's corner. */
  private tell(one: Control, place: number): void {
    const j = this.controls.indexOf(one);
    const points = one.column.curve;
    if (!points || !this.curves) return;
    const value = points.ordered ? (one.column.kind === "datetime" ? dayAt(place) : place) : points.points[Math.round(place)]!;
    const outputs = this.curves.read(j, value);
    if (outputs) one.strip.say(`${this.shownValue(one.column, value)}: ${headline(this.last!.answer).share ? percent(this.height(outputs), 1) : number(this.height(outputs), 5)}`);
  }

  private shownValue(column: Column, value: Value): string {
    if (value === null) return "missing";
    if (typeof value === "number" && column.kind === "numeric") return number(value, Number.isInteger(column.step) ? Math.max(3, String(Math.round(value)).length) : 4);
    return column.categories.find((one) => one.value === value)?.shown ?? String(value).replace("T00:00:00", "");
  }

  private mark(): void {
    let changed = 0;
    for (const one of this.controls) {
      const differs = one.value() !== one.column.value;
      one.node.classList.toggle("changed", differs);
      changed += Number(differs);
    }
    this.reset.disabled = changed === 0;
    this.pin.disabled = changed === 0 || this.scenarios.length >= MOST_PINS || this.scenarios.some((one) => sameChanges(one.changes, this.changes()));
  }

  private countLocks(): void {
    const n = this.controls.filter((one) => one.locked()).length;
    this.locks.textContent = n ? `${n} locked` : "lock what must stay";
  }

  /** Order and search. Nodes are moved, not made anew, so that the one in use keeps its focus. */
  private arrange(): void {
    const wanted = this.find.value.trim().toLowerCase();
    const order = [...this.controls];
    if (this.order.value === "reach" && !this.order.hidden) order.sort((a, b) => b.strip.reach - a.strip.reach);
    for (const one of order) one.node.hidden = !one.column.name.toLowerCase().includes(wanted);
    this.form.replaceChildren(...order.map((one) => one.node));
  }

  private show(answer: Answer, source: "model" | "curve", moved = 1): void {
    const original = this.told!.first;
    this.what.textContent = labelOf(answer, this.told!.target);
    this.value.textContent = brief(answer);
    this.against.textContent = against(answer, original);
    this.gauge.replaceChildren(...(headline(answer).share ? bars(answer, original) : []));
    this.el.dataset.source = source;
    if (this.lost) this.sourceIs(`≈ read off the curves${moved > 1 ? " of several columns" : ""}; the kernel is gone`, "lost");
    else if (source === "model") this.sourceIs("the model's own answer", "model");
    else this.sourceIs(moved > 1 ? "≈ read off the curves of several columns" : "≈ read off the curve", "curve");
    if (source === "curve") return;
    this.setCode(answer.code);
    if (answer.waterfall) {
      this.reasons = answer.waterfall;
      this.drawReasons();
    }
    this.markNow();
    this.detail.classList.toggle("stale", !answer.waterfall);
    // Said aloud at rest only: a screen reader must not read every pixel of a drag.
    this.said.textContent = `${this.what.textContent}: ${this.value.textContent}, ${answer.what} ${answer.prediction}`;
  }

  private setCode(code: string): void {
    this.code = code;
    this.line.textContent = code;
  }

  private drawReasons(): void {
    this.width = this.detail.clientWidth;
    if (this.reasons && this.width) this.detail.replaceChildren(waterfall(this.reasons, Math.max(360, Math.min(640, this.width)), 10));
  }

  private drawPins(): void {
    const told = this.told!;
    const column = (name: string) => this.controls.find((one) => one.column.name === name)!.column;
    const shownOf = (name: string, value: Value) => this.shownValue(column(name), value);
    this.pinned.replaceChildren(
      ...(this.scenarios.length
        ? [h("div", { class: "lep-section" }, h("div", { class: "lep-label" }, "Scenarios"),
            table(this.scenarios, { names: told.columns.map((one) => one.name), shown: shownOf, original: (name) => column(name).value, first: told.first, label: labelOf(told.first, told.target) },
              (one) => this.take(one.changes), (one) => this.setPins(this.scenarios.filter((other) => other !== one))))]
        : []),
    );
    this.mark();
  }
}

export { headline };
export default { render };
