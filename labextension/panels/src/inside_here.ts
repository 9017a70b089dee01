// Inside one column of an explained row, in place: what is being done while the kernel looks, then the object with its
// parts; cut otherwise, or against another baseline, on request.

import { h } from "./dom.ts";
import { InsideBody, type Told } from "./inside_body.ts";

/** The ways to cut an object, and which of them was asked for. */
interface Cuts {
  parts: string[];
  baselines: string[];
  asked: { parts: string | null; baseline: string | null };
}

/** A word of the kernel on the object that was asked for. */
export interface Heard {
  row: number;
  column: string;
  error: string | null;
  working: string | null;
  share?: number;
  told?: Told;
  cuts?: Cuts;
}

export interface Asked {
  row: number;
  column: string;
  parts: string | null;
  baseline: string | null;
  /** Of several outputs, by its place among the object's. */
  of: number | null;
}

export class InsideHere {
  private readonly sub = h("div", { class: "lep-sub" });
  private readonly said = h("div", { class: "lep-sub", role: "status", "aria-live": "polite" });
  private readonly done = h("div", { class: "lep-bar-done" });
  private readonly bar = h("div", { class: "lep-bar", "aria-hidden": "true" }, this.done);
  private readonly working = h("div", { class: "lep-working" }, this.bar, this.said);
  private readonly parts = h("select", { "aria-label": "what the parts are" });
  private readonly baseline = h("select", { "aria-label": "what stands in for a part that is away" });
  private readonly cuts = h("div", { class: "lep-tools", hidden: true });
  private readonly body: InsideBody;
  readonly node: HTMLElement;

  /**
   * @param row position among the explained rows
   * @param label of the row
   * @param ask the kernel; false where nobody is there
   * @param close leave it
   */
  constructor(readonly row: number, readonly column: string, label: string, private readonly ask: (asked: Asked) => boolean, close: () => void) {
    this.body = new InsideBody((_, output) => this.send(output));
    const leave = h("button", { type: "button", class: "lep-button", "aria-label": `close what is inside ${column}`, click: close }, "Close");
    const title = h("div", { class: "lep-label" }, `Inside ${column} of row ${label}`, leave);
    this.node = h("section", { class: "lep-section lep-inside-here", "aria-label": `inside ${column} of row ${label}` }, title, this.sub, this.working, this.cuts, this.body.node);
    this.body.node.hidden = true;
    for (const one of [this.parts, this.baseline]) one.addEventListener("change", () => this.send(null));
  }

  /** Begin to look; false where nobody is there to ask. */
  begin(): boolean {
    return this.send(null);
  }

  /** The code of what is shown, where it is shown now. */
  hear(heard: Heard): string | null {
    if (heard.error) return this.fail(heard.error);
    if (!heard.told) return this.works(heard.working ?? "", heard.share ?? 0);
    this.working.hidden = true;
    this.body.node.classList.remove("stale");
    this.body.node.hidden = false;
    this.sub.textContent = heard.told.sub;
    if (heard.cuts) this.choose(heard.cuts);
    return this.body.show(heard.told) ? heard.told.code : null;
  }

  /** The kernel is gone, or here. */
  allow(on: boolean): void {
    this.body.allow(on);
    this.parts.disabled = this.baseline.disabled = !on;
    if (!on && !this.working.hidden) this.fail("The kernel is gone. The line below looks inside, in another one.");
  }

  close(): void {
    this.body.close();
  }

  private send(of: number | null): boolean {
    return this.ask({ row: this.row, column: this.column, parts: this.parts.value || null, baseline: this.baseline.value || null, of });
  }

  private works(words: string, share: number): null {
    this.working.hidden = false;
    this.bar.hidden = false;
    this.said.className = "lep-sub";
    this.said.textContent = words;
    this.done.style.transform = `translateX(${100 * share - 100}%)`;
    this.body.node.classList.add("stale");
    return null;
  }

  private fail(words: string): null {
    this.working.hidden = false;
    this.bar.hidden = true;
    this.said.className = "lep-trouble";
    this.said.textContent = words;
    return null;
  }

  /** Made once: what has the focus keeps it. */
  private choose(cuts: Cuts): void {
    if (this.parts.options.length) return;
    const options = (words: string[], asked: string | null) => words.map((one, k) => h("option", { value: k ? one : "", selected: one === asked }, one));
    this.parts.replaceChildren(...options(cuts.parts, cuts.asked.parts));
    this.baseline.replaceChildren(...options(cuts.baselines, cuts.asked.baseline));
    const fields = [
      ...(cuts.parts.length > 1 ? [h("label", { class: "lep-field" }, "Parts ", this.parts)] : []),
      ...(cuts.baselines.length > 1 ? [h("label", { class: "lep-field" }, "in place of a part ", this.baseline)] : []),
    ];
    this.cuts.hidden = !fields.length;
    this.cuts.replaceChildren(...fields);
  }
}
