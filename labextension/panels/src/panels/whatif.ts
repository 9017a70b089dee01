// The what-if panel: every column of one row as a control over its curve. While a control moves, the page reads the
// prediction off the curve; the kernel's answer replaces it, and after release all curves are asked anew.

import type { Answer } from "../answer.ts";
import { control, type Column, type Control } from "../controls.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import type { Changes, Scenario } from "../scenarios.ts";
import { WhatIfPage } from "../whatif_page.ts";
import { WhatIfState, type Told } from "../whatif_state.ts";
import { Talk } from "../whatif_talk.ts";

function render({ model, el }: View): Cleanup {
  const panel = new WhatIfView(model, el);
  return () => panel.close();
}

class WhatIfView {
  private state: WhatIfState | null = null;
  private controls: Control[] = [];
  private twin: Cleanup | null = null;
  private readonly page: WhatIfPage;
  private readonly talk: Talk;

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    const view = Math.random().toString(36).slice(2);
    this.page = new WhatIfPage(el, view, String(model.get("title")), String(model.get("code")), {
      take: (changes) => this.take(changes),
      pin: () => this.keep(this.state!.withThisOne()),
      keep: (scenarios) => this.keep(scenarios),
      seek: (goal) => this.talk.send({ type: "reach", goal, locked: this.controls.filter((one) => one.locked()).map((one) => one.column.name), changes: this.state!.changes() }),
      look: () => this.talk.send({ type: "nearest", changes: this.state!.changes() }),
    });
    this.talk = new Talk(model, view, {
      said: (content, buffers) => this.heard(content, buffers),
      busy: (words) => this.page.sourceIs(words, "busy"),
      lost: () => this.lost(),
      found: () => this.found(),
      values: () => this.state?.values() ?? [],
      changes: () => this.state?.changes() ?? {},
    });
    this.talk.send({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    this.page.close();
    this.talk.close();
  }

  // --- what the kernel says

  private heard(content: any, buffers: DataView[]): void {
    if (content.type === "columns") return this.start(content, buffers);
    if (!this.state) return;
    if (content.type === "pins") this.hearPins(content.pins, content.answers);
    else if (content.type === "answer") this.hearAnswer(content);
    else if (content.type === "curves") this.hearCurves(buffers);
    else if (content.type === "reach") this.page.drawWays(content);
    else if (content.type === "nearest") this.page.drawNear(content);
  }

  private start(told: Told, buffers: DataView[]): void {
    this.controls = told.columns.map((column) => this.control(column));
    for (const one of this.controls) {
      if (one.column.name in told.changes) one.set(told.changes[one.column.name]!);
      one.lock(told.locked.includes(one.column.name));
    }
    this.state = new WhatIfState(told, this.controls);
    this.page.start(this.state, this.controls);
    this.setCurves(buffers);
    this.page.arrange();
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
    this.page.mark();
    this.page.countLocks();
    this.page.show(told.answer, { from: "model" }, this.talk.lost);
    this.hearPins(told.pins, {});
    if (Object.keys(told.pins).length) this.talk.send({ type: "pins", pins: told.pins });
  }

  private control(column: Column): Control {
    return control(column, { moved: () => this.moved(false), released: () => this.moved(true), locked: () => this.page.countLocks() });
  }

  private hearAnswer(content: Answer & { id: number; error: string | null }): void {
    const { values, newest } = this.talk.answered(content.id);
    this.page.complain(content.error);
    if (content.error || !values) return;
    this.state!.answered(content, values);
    // What was moved on meanwhile is still read off the curves.
    if (newest) this.page.show(content, { from: "model" }, this.talk.lost);
    else this.page.setReasons(content.waterfall);
  }

  private hearCurves(buffers: DataView[]): void {
    // They follow the answer for the same values.
    this.setCurves(buffers);
    if (this.talk.open) this.read();
  }

  private setCurves(buffers: DataView[]): void {
    if (buffers[0]) this.state!.setCurves(buffers[0]);
    this.page.drawCurves();
  }

  private hearPins(pins: Record<string, Changes>, answers: Record<string, Answer>): void {
    this.state!.hearPins(pins, answers);
    this.page.drawPins();
  }

  private lost(): void {
    this.page.allow(false);
    this.page.sourceIs("The kernel is gone. The curves go on answering; run the cell again for the model's own answers.", "lost");
  }

  private found(): void {
    this.page.allow(true);
    if (this.state) this.moved(true);
  }

  // --- what the reader does

  private moved(rest: boolean): void {
    this.page.mark();
    this.read();
    this.talk.ask(this.state!.changes(), rest);
  }

  /** The page's own answer. */
  private read(): void {
    const reading = this.state!.read();
    this.page.markNow();
    if (reading) this.page.show(reading.answer, { from: "curve", moved: reading.moved }, this.talk.lost);
    this.page.stale(reading !== null);
  }

  private take(changes: Changes): void {
    for (const one of this.controls) one.set(one.column.name in changes ? changes[one.column.name]! : one.column.value);
    this.moved(true);
  }

  private keep(scenarios: Scenario[]): void {
    this.state!.scenarios = scenarios;
    this.page.drawPins();
    this.talk.send({ type: "pins", pins: Object.fromEntries(scenarios.map((one) => [one.name, one.changes])) });
  }
}

export default { render };
