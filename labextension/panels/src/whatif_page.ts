// The what-if panel as it is drawn: a control a column over its curve, the answer, scenarios, ways, real rows.

import { against, bars, brief, headline, labelOf, type Answer } from "./answer.ts";
import { codeLine, copyButton } from "./code.ts";
import type { Control } from "./controls.ts";
import { h } from "./dom.ts";
import type { Cleanup } from "./host.ts";
import { table, type Changes, type Scenario } from "./scenarios.ts";
import { reachScrollers } from "./scrollers.ts";
import { waterfall, type Waterfall } from "./waterfall.ts";
import { drawNear, drawWays } from "./ways.ts";
import { placeIn, shownValue, valueAt, type WhatIfState } from "./whatif_state.ts";

/** What the reader does. */
export interface Acts {
  /** Go to other values: all columns not named are as the row is. */
  take(changes: Changes): void;
  pin(): void;
  keep(scenarios: Scenario[]): void;
  seek(goal: string): void;
  look(): void;
}

export type Source = { from: "model" } | { from: "curve"; moved: number };

const FEW_COLUMNS = 12;
const quiet = (event: KeyboardEvent) => event.stopPropagation();

export class WhatIfPage {
  private controls: Control[] = [];
  private state: WhatIfState | null = null;
  private reasons: Waterfall | null = null;
  private width = 0;
  private code: string;
  private readonly cleanups: Cleanup[];

  private readonly form = h("form", { class: "lep-controls", "aria-label": "values of the row", submit: (event: SubmitEvent) => event.preventDefault() });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find a column", "aria-label": "find a column", input: () => this.arrange(), keydown: quiet });
  private readonly order = h("select", { "aria-label": "order of the columns", change: () => this.arrange() }, h("option", { value: "reach" }, "strongest first"), h("option", { value: "frame" }, "as in the table"));
  private readonly what = h("div", { class: "lep-kpi-label" });
  private readonly value = h("div", { class: "lep-kpi-value" });
  private readonly against = h("div", { class: "lep-kpi-note" });
  private readonly gauge = h("div", { class: "lep-gauge", "aria-hidden": "true" });
  private readonly source = h("div", { class: "lep-source" });
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly detail = h("div", { class: "lep-detail" });
  private readonly said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  private readonly reset = h("button", { type: "button", class: "lep-button", click: () => this.acts.take({}) }, "Reset");
  private readonly pin = h("button", { type: "button", class: "lep-button", click: () => this.acts.pin() }, "Pin scenario");
  private readonly pinned = h("div", {});
  private readonly goal = h("input", { type: "text", class: "lep-words lep-goal", "aria-label": "prediction to reach", keydown: quiet });
  private readonly goals: HTMLElement;
  private readonly seek = h("button", { type: "submit", class: "lep-button" }, "Find ways");
  private readonly locks = h("span", { class: "lep-sub" });
  private readonly ways = h("div", { role: "region", "aria-label": "ways to the goal", "aria-live": "polite" });
  private readonly look = h("button", { type: "button", class: "lep-button", click: () => this.lookNear() }, "Nearest real rows");
  private readonly near = h("div", { role: "region", "aria-label": "nearest real rows", "aria-live": "polite" });
  private readonly line = codeLine();

  /** @param view tells this view from others of the same panel */
  constructor(private readonly el: HTMLElement, view: string, title: string, code: string, private readonly acts: Acts) {
    this.code = code;
    this.goals = h("datalist", { id: `lep-${view}` });
    this.goal.setAttribute("list", this.goals.id);
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    el.replaceChildren(this.laidOut(title));
    const resized = new ResizeObserver(() => Math.abs(this.detail.clientWidth - this.width) > 2 && this.drawReasons());
    resized.observe(el);
    this.cleanups = [() => resized.disconnect(), reachScrollers(el)];
  }

  close(): void {
    for (const cleanup of this.cleanups) cleanup();
  }

  /** A row to play with, its controls at the values to begin with. */
  start(state: WhatIfState, controls: Control[]): void {
    const { columns, goal, classes } = state.told;
    this.state = state;
    this.controls = controls;
    const curved = columns.some((column) => column.curve);
    this.find.hidden = columns.length <= FEW_COLUMNS;
    this.order.hidden = !curved;
    this.find.parentElement!.hidden = this.find.hidden && !curved;
    this.goal.value = goal;
    this.goals.replaceChildren(...classes.map((one) => h("option", { value: one })));
    for (const one of controls) {
      one.strip.markWas(placeIn(one.column, one.column.value));
      one.strip.node.addEventListener("pointermove", (event) => this.tell(one, one.strip.placeAt(event.clientX)));
      one.strip.node.addEventListener("pointerleave", () => one.strip.say(""));
    }
  }

  drawCurves(): void {
    if (!this.state!.hasCurves) return;
    const { lines, all } = this.state!.lines();
    this.controls.forEach((one, j) => one.strip.draw(lines[j]!, all));
    this.markNow();
  }

  /** Where the values are now, on every strip. */
  markNow(): void {
    const height = this.state!.heightNow();
    for (const one of this.controls) one.strip.markNow(placeIn(one.column, one.value()), height);
  }

  /** Which controls differ from the row, and which buttons that leaves. */
  mark(): void {
    const changes = this.state!.changes();
    for (const one of this.controls) one.node.classList.toggle("changed", one.column.name in changes);
    this.reset.disabled = Object.keys(changes).length === 0;
    this.pin.disabled = !this.state!.canPin();
  }

  countLocks(): void {
    const n = this.controls.filter((one) => one.locked()).length;
    this.locks.textContent = n ? `${n} locked` : "lock what must stay";
  }

  /** Order and search. Nodes are moved, not made anew, so that the one in use keeps its focus. */
  arrange(): void {
    const wanted = this.find.value.trim().toLowerCase();
    const order = [...this.controls];
    if (this.order.value === "reach" && !this.order.hidden) order.sort((a, b) => strength(b) - strength(a));
    for (const one of order) one.node.hidden = !one.column.name.toLowerCase().includes(wanted);
    this.form.replaceChildren(...order.map((one) => one.node));
  }

  /** The prediction, and where it came from. */
  show(answer: Answer, source: Source, lost: boolean): void {
    const { first, target } = this.state!.told;
    this.what.textContent = labelOf(answer, target);
    this.value.textContent = brief(answer);
    this.against.textContent = against(answer, first);
    this.gauge.replaceChildren(...(headline(answer).share ? bars(answer, first) : []));
    this.el.dataset.source = source.from;
    const several = source.from === "curve" && source.moved > 1;
    if (lost) this.sourceIs(`≈ read off the curves${several ? " of several columns" : ""}; the kernel is gone`, "lost");
    else if (source.from === "model") this.sourceIs("the model's own answer", "model");
    else this.sourceIs(several ? "≈ read off the curves of several columns" : "≈ read off the curve", "curve");
    if (source.from === "curve") return;
    this.setCode(answer.code);
    this.setReasons(answer.waterfall);
    this.markNow();
    this.detail.classList.toggle("stale", !answer.waterfall);
    // Said aloud at rest only: a screen reader must not read every pixel of a drag.
    this.said.textContent = `${this.what.textContent}: ${this.value.textContent}, ${answer.what} ${answer.prediction}`;
  }

  setReasons(reasons: Waterfall | null): void {
    if (!reasons) return;
    this.reasons = reasons;
    this.drawReasons();
  }

  /** The values are others than those of the reasons; beyond the curves there is no answer until the kernel's comes. */
  stale(hasAnswer: boolean): void {
    this.detail.classList.add("stale");
    if (!hasAnswer) this.el.dataset.source = "none";
  }

  sourceIs(words: string, kind: string): void {
    this.source.textContent = words;
    this.source.dataset.kind = kind;
  }

  complain(words: string | null): void {
    this.trouble.hidden = !words;
    this.trouble.textContent = words ?? "";
  }

  /** Whether the kernel can be asked for ways and rows. */
  allow(on: boolean): void {
    this.seek.disabled = this.look.disabled = !on;
  }

  drawPins(): void {
    const state = this.state!;
    const { scenarios, told } = state;
    const words = {
      names: told.columns.map((one) => one.name), first: told.first, label: labelOf(told.first, told.target),
      shown: (name: string, value: Parameters<typeof shownValue>[1]) => shownValue(state.column(name), value),
      original: (name: string) => state.column(name).value,
    };
    const made = table(scenarios, words, (one) => this.acts.take(one.changes), (one) => this.acts.keep(scenarios.filter((other) => other !== one)));
    this.pinned.replaceChildren(...(scenarios.length ? [h("div", { class: "lep-section" }, h("div", { class: "lep-label" }, "Scenarios"), made)] : []));
    this.mark();
  }

  drawWays(content: any): void {
    this.seek.disabled = false;
    this.answerIn(this.ways, content, () => drawWays(content, (changes) => this.acts.take({ ...this.state!.changes(), ...changes })));
  }

  drawNear(content: any): void {
    this.look.disabled = false;
    this.answerIn(this.near, content, () => drawNear(content));
  }

  private laidOut(title: string): HTMLElement {
    const head = h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, title),
      h("div", { class: "lep-sub" }, "bars: how often values occur · line: the prediction if this column alone were different"));
    const list = h("div", {}, h("div", { class: "lep-find" }, this.find, this.order), this.form);
    const answer = h("div", { class: "lep-answer" }, this.what, h("div", { class: "lep-now" }, this.value, this.against), this.gauge, this.source, this.trouble, this.detail);
    const tools = h("div", { class: "lep-tools" }, this.reset, this.pin);
    const seek = h("form", { class: "lep-seek", submit: (event: SubmitEvent) => (event.preventDefault(), this.seekWays()) }, h("label", { class: "lep-field" }, "Reach", this.goal), this.goals, this.seek, this.locks);
    const near = h("section", { class: "lep-more" }, h("div", { class: "lep-seek" }, this.look), this.near);
    const python = h("div", { class: "lep-tools" }, this.line, copyButton(() => this.code));
    return h("div", {}, head, h("div", { class: "lep-whatif" }, list, h("div", { class: "lep-side" }, answer, tools, h("section", { class: "lep-more" }, seek, this.ways))), this.pinned, near, python, this.said);
  }

  private seekWays(): void {
    this.seek.disabled = true;
    this.ways.replaceChildren(h("div", { class: "lep-sub" }, "looking for the smallest changes…"));
    this.acts.seek(this.goal.value);
  }

  private lookNear(): void {
    this.look.disabled = true;
    this.near.replaceChildren(h("div", { class: "lep-sub" }, "looking…"));
    this.acts.look();
  }

  private answerIn(place: HTMLElement, content: any, drawn: () => HTMLElement[]): void {
    if (content.error) return place.replaceChildren(h("div", { class: "lep-trouble" }, content.error));
    place.replaceChildren(...drawn());
    this.setCode(content.code);
  }

  /** What a column's curve says at a place, in the strip's corner. */
  private tell(one: Control, place: number): void {
    if (!one.column.curve || !this.state) return;
    const words = this.state.wordsAt(this.controls.indexOf(one), valueAt(one.column, place));
    if (words) one.strip.say(words);
  }

  private setCode(code: string): void {
    this.code = code;
    this.line.textContent = code;
  }

  private drawReasons(): void {
    this.width = this.detail.clientWidth;
    if (this.reasons && this.width) this.detail.replaceChildren(waterfall(this.reasons, Math.max(360, Math.min(640, this.width)), 10));
  }
}

/** How far a column moves the prediction by itself; an object has no curve to tell, and comes first. */
function strength(one: Control): number {
  return ["text", "object", "items"].includes(one.column.kind) ? Infinity : one.strip.reach;
}
