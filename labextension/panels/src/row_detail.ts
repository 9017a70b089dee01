// The waterfall of one explained row, and the way into its images, series and texts.

import { h } from "./dom.ts";
import { InsideHere, type Asked, type Heard } from "./inside_here.ts";
import { waterfall, type Waterfall } from "./waterfall.ts";

export interface Row extends Waterfall {
  row: number;
  label: string;
  code: string;
  inside: { name: string; code: string }[];
  /** Whether the kernel can look inside: it knows the model. */
  live: boolean;
  error: string | null;
}

/** What the panel does for a row. */
export interface Acts {
  /** False where nobody is there to answer. */
  ask(content: Record<string, unknown>): boolean;
  code(words: string): void;
  say(words: string): void;
  arrange(): void;
}

export class RowDetail {
  readonly node = h("div", { class: "lep-section", "aria-live": "polite" });
  private readonly leads = h("div", { class: "lep-tools" });
  private shown: Row | null = null;
  private here: InsideHere | null = null;

  /** @param alone whether the row is all there is, and its head says nothing new. */
  constructor(private readonly acts: Acts, private readonly alone: () => boolean) {}

  /** The section of the object that is looked into, where one is; not within the part that is read aloud. */
  get inside(): HTMLElement | null {
    return this.here?.node ?? null;
  }

  show(row: Row, width: number): void {
    this.node.classList.remove("stale");
    if (this.shown?.row !== row.row) this.leave();
    this.shown = row;
    this.draw(width);
  }

  clear(): void {
    this.leave();
    this.shown = null;
    this.node.replaceChildren();
  }

  /** Another row was chosen: what is looked for in this one is wanted no more. */
  awaits(row: number): void {
    if (this.shown?.row !== row) this.leave();
  }

  /** Draw for a width. */
  draw(width: number): void {
    const row = this.shown;
    if (!row) return;
    const head = h("div", { class: "lep-label" }, `Row ${row.label}`, h("span", { class: "lep-sub" }, row.code));
    this.node.replaceChildren(...(this.alone() ? [] : [head]), waterfall(row, Math.max(400, Math.min(760, width))), this.leads);
    this.drawLeads();
  }

  hearInside(heard: Heard): void {
    if (this.here?.row !== heard.row || this.here.column !== heard.column) return; // of an older choice
    const code = this.here.hear(heard);
    if (code) this.acts.code(code);
  }

  allow(on: boolean): void {
    this.here?.allow(on);
  }

  private drawLeads(): void {
    const row = this.shown!;
    const lead = ({ name, code }: Row["inside"][number]) =>
      h("button", { type: "button", class: "lep-button", "aria-label": `look inside ${name}`, "aria-expanded": String(this.here?.column === name), click: () => this.toggle(name, code) }, name);
    this.leads.replaceChildren(...(row.inside.length ? [h("span", { class: "lep-field" }, "Look inside ", ...row.inside.map(lead))] : []));
  }

  private toggle(name: string, code: string): void {
    const row = this.shown!;
    const open = this.here?.column === name;
    this.leave();
    this.acts.code(open ? row.code : code);
    if (!open) this.enter(row, name);
    this.drawLeads();
    this.leads.querySelector<HTMLElement>(`[aria-label="look inside ${CSS.escape(name)}"]`)?.focus();
    this.acts.arrange();
  }

  private enter(row: Row, name: string): void {
    const close = () => this.toggle(name, "");
    const here = new InsideHere(row.row, name, row.label, (asked: Asked) => row.live && this.acts.ask({ type: "inside", ...asked }), close);
    if (here.begin()) this.here = here;
    else {
      here.close();
      this.acts.say(`the line that looks inside ${name} is ready to be copied`);
    }
  }

  /** Leave the object; the kernel need not go on. */
  private leave(): void {
    if (!this.here) return;
    this.here.close();
    this.here.node.remove();
    this.here = null;
    this.acts.ask({ type: "inside_end" });
    this.drawLeads();
  }
}
