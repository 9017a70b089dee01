// The data panel: findings with the rows behind them, a card a column, and decisions that become a call of train.

import { codeLine, copyButton } from "../code.ts";
import { columnCard, turned, typed, type Card, type Decisions, type Shown } from "../column_card.ts";
import { h } from "../dom.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { Line, type State } from "../line.ts";
import { Source } from "../source.ts";
import { KINDS } from "../spread.ts";

interface Finding {
  severity: string;
  word: string;
  kind: string;
  column: string | null;
  share: string;
  message: string;
  advice: string;
  rows: number;
}

interface Told {
  title: string;
  sub: string;
  target: string | null;
  names: string[];
  kinds: string[];
  findings: Finding[];
  drift: { words: string; notes: string[] } | null;
  notes: string[];
  checked: Pick<Decisions, "drop" | "types">;
  decisions: Decisions;
  code: string;
}

const SEVERITIES = ["serious", "warn", "info"];
const FEW_FINDINGS = 12;

export type Filter = "all" | "findings" | "drift" | "decided";

/** Which cards are shown, in which order: as in the table, drifted first, or most missing first. */
export function arranged(cards: Card[], findings: { column: string | null }[], decisions: Decisions, filter: Filter, words: string, order: string): Card[] {
  const found = new Set(findings.map((one) => one.column));
  const decided = new Set([...decisions.drop, ...decisions.immutable, ...Object.keys(decisions.types)]);
  const fits = (card: Card) =>
    card.name.toLowerCase().includes(words.trim().toLowerCase()) &&
    (filter === "all" || (filter === "findings" && found.has(card.name)) || (filter === "decided" && decided.has(card.name)) ||
      (filter === "drift" && card.drift !== null && !["none", "small"].includes(card.drift.verdict)));
  const shown = cards.filter(fits);
  if (order === "drift") shown.sort((a, b) => (b.drift?.verdict === "type" ? Infinity : b.drift?.psi ?? -1) - (a.drift?.verdict === "type" ? Infinity : a.drift?.psi ?? -1) || 0);
  if (order === "missing") shown.sort((a, b) => b.missing - a.missing);
  return shown;
}

/** Whether decisions about reading the frame are not yet those the findings are of. */
export function waits(decisions: Decisions, checked: Pick<Decisions, "drop" | "types">): boolean {
  const plain = (drop: string[], types: Record<string, string>) => JSON.stringify([[...drop].sort(), Object.entries(types).sort()]);
  return plain(decisions.drop, decisions.types) !== plain(checked.drop, checked.types);
}

function render({ model, el }: View): Cleanup {
  const panel = new DataView_(model, el);
  return () => panel.close();
}

class DataView_ {
  private told: Told | null = null;
  private cards: Card[] = [];
  private shown = new Map<string, Shown>();
  private decisions: Decisions = { drop: [], types: {}, immutable: [] };
  /** The last decision that was told to the kernel, and the last that it answered. */
  private asked = 0;
  private known = 0;
  private opened: number | null = null;
  private all = false;
  private twin: Cleanup | null = null;
  private code = "";
  private readonly kernel: Line;

  private readonly title = h("div", { class: "lep-title" });
  private readonly sub = h("div", { class: "lep-sub" });
  private readonly chips = h("div", { class: "lep-chips" });
  private readonly findings = h("ol", { class: "lep-findings" });
  private readonly more = h("button", { type: "button", class: "lep-button", hidden: true, click: () => ((this.all = true), this.drawFindings()) });
  private readonly drift = h("div", { class: "lep-sub" });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find a column", "aria-label": "find a column", input: () => this.arrange(), keydown: (event: KeyboardEvent) => event.stopPropagation() });
  private readonly filter = h("select", { "aria-label": "which columns", change: () => this.arrange() });
  private readonly order = h("select", { "aria-label": "order of the columns", change: () => this.arrange() });
  private readonly legend = h("div", { class: "lep-legend" });
  private readonly grid = h("ul", { class: "lep-cards", "aria-label": "columns" });
  private readonly none = h("div", { class: "lep-sub", hidden: true }, "no such column");
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly source = new Source("Run the cell again to go on deciding.");
  private readonly again = h("button", { type: "button", class: "lep-button", click: () => this.check() }, "Check again");
  private readonly line = codeLine();

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    const section = (words: string, ...parts: (Node | null)[]) => h("section", { class: "lep-section" }, h("div", { class: "lep-label" }, words), ...parts.filter((one): one is Node => one !== null));
    el.replaceChildren(
      h("div", { class: "lep-head" }, this.title, this.sub), this.chips,
      section("Findings", this.findings, this.more),
      section("Columns", this.drift, h("div", { class: "lep-find" }, this.find, this.filter, this.order), this.legend, this.grid, this.none),
      this.trouble,
      h("div", { class: "lep-tools lep-foot" }, this.again, this.source.node, this.line, copyButton(() => this.code)),
    );
    // What is decided, and a check made again, is one for every view.
    this.kernel = new Line(model, {
      data: (content) => this.start(content), again: (content) => this.start(content), cards: (content) => this.take(content.from, content.cards),
      rows: (content) => this.drawRows(content), decided: (content, _, own) => this.answered(content, own) && this.decided(content), trouble: (content, _, own) => this.troubled(content, own),
    }, (state) => this.stateIs(state), ["again", "decided"]);
    this.kernel.ask({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    this.kernel.close();
  }

  // --- what the kernel says

  private start(told: Told): void {
    this.told = told;
    this.cards = [];
    this.shown.clear();
    this.opened = null;
    this.known = this.asked;
    this.title.textContent = told.title;
    this.sub.textContent = [told.sub, ...told.notes].join(" · ");
    this.drift.textContent = told.drift?.words ?? "";
    this.drift.title = told.drift?.notes.join("\n") ?? "";
    const choices: [Filter, string][] = [["all", "all columns"], ["findings", "with findings"], ...(told.drift ? [["drift", "drifted"] as [Filter, string]] : []), ["decided", "decided on"]];
    fillChoices(this.filter, choices);
    fillChoices(this.order, [["table", "as in the table"], ...(told.drift ? [["drift", "most drift first"] as [string, string]] : []), ["missing", "most missing first"]]);
    this.grid.replaceChildren();
    this.trouble.hidden = true;
    this.drawFindings();
    this.decided(told);
    if (told.names.length) this.kernel.ask({ type: "cards", from: 0 });
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  private take(from: number, cards: Card[]): void {
    if (from !== this.cards.length) return; // of a check that was made again meanwhile
    this.cards.push(...cards);
    for (const card of cards) this.shown.set(card.name, this.made(card));
    if (from === 0) this.drawLegend();
    this.arrange();
    if (this.cards.length < this.told!.names.length) this.kernel.ask({ type: "cards", from: this.cards.length });
  }

  private made(card: Card): Shown {
    const n = this.told!.findings.filter((one) => one.column === card.name).length;
    const made = columnCard(card, this.told!.kinds, n, {
      turn: (what, on) => this.decide(turned(this.decisions, card.name, what, on)),
      type: (kind) => this.decide(typed(this.decisions, card.name, kind)),
      find: () => this.goToFinding(card.name),
    });
    made.show(this.decisions);
    return made;
  }

  /** Whether what an answer says is decided is all that was: an older one must not take back what was decided since. */
  private answered(content: { id: number }, own: boolean): boolean {
    if (own) this.known = Math.max(this.known, content.id);
    return this.known === this.asked;
  }

  private decided(content: { decisions: Decisions; code: string }): void {
    if (!this.told) return;
    this.decisions = content.decisions;
    this.code = content.code;
    this.line.textContent = content.code;
    this.trouble.hidden = true;
    this.showDecisions();
  }

  private troubled(content: { id: number; error: string; decisions: Decisions; code: string }, own: boolean): void {
    if (this.answered(content, own)) this.decided(content);
    this.trouble.textContent = content.error;
    this.trouble.hidden = false;
  }

  private drawRows(content: { finding: number; names: string[]; labels: string[]; rows: string[][]; note: string; code: string }): void {
    if (content.finding !== this.opened) return;
    const place = this.findings.querySelector(`[data-rows="${content.finding}"]`);
    const head = h("tr", {}, h("th", { scope: "col" }, "row"), ...content.names.map((name) => h("th", { scope: "col" }, name)));
    const body = content.rows.map((cells, i) => h("tr", {}, h("th", { scope: "row" }, content.labels[i]!), ...cells.map((cell) => h("td", {}, cell))));
    const table = h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, ...body));
    place?.replaceChildren(h("div", { class: "lep-sub" }, content.note), h("div", { class: "lep-scroll lep-rows", tabindex: "0", role: "region", "aria-label": "rows behind the finding" }, table));
    this.code = content.code;
    this.line.textContent = content.code;
  }

  // --- what the reader does

  private decide(next: Decisions): void {
    this.decisions = next;
    this.showDecisions();
    this.asked += 1;
    this.kernel.ask({ type: "decide", id: this.asked, ...next });
  }

  private check(): void {
    this.again.disabled = true;
    this.kernel.ask({ type: "again" });
  }

  private toggleRows(place: number): void {
    this.opened = this.opened === place ? null : place;
    this.drawFindings();
    if (this.opened !== null) this.kernel.ask({ type: "rows", finding: place });
  }

  private goToFinding(column: string): void {
    this.all = true;
    this.drawFindings();
    const place = this.told!.findings.findIndex((one) => one.column === column);
    const node = this.findings.children[place] as HTMLElement | undefined;
    node?.scrollIntoView({ block: "nearest" });
    node?.focus();
  }

  private goToColumn(column: string): void {
    this.filter.value = "all";
    this.find.value = "";
    this.arrange();
    const node = this.shown.get(column)?.node;
    node?.scrollIntoView({ block: "nearest" });
    node?.querySelector<HTMLElement>("[tabindex]")?.focus();
  }

  private stateIs(state: State): void {
    this.source.kernelIs(state);
    this.showState();
    for (const control of this.el.querySelectorAll<HTMLButtonElement | HTMLSelectElement>(".lep-card-tools :is(button, select), .lep-rows-button")) control.disabled = state === "lost";
  }

  private showState(): void {
    const late = this.told !== null && waits(this.decisions, this.told.checked);
    this.again.disabled = !late || this.kernel.lost;
    const n = this.decisions.drop.length + this.decisions.immutable.length + Object.keys(this.decisions.types).length;
    this.source.say(late ? "findings are of the frame before these decisions" : n ? `${n} ${n === 1 ? "decision" : "decisions"}` : "nothing decided", late ? "late" : "model");
  }

  // --- drawing

  private showDecisions(): void {
    for (const one of this.shown.values()) one.show(this.decisions);
    this.showState();
    if (this.filter.value === "decided") this.arrange();
  }

  private drawFindings(): void {
    const told = this.told!;
    const counts = SEVERITIES.map((one) => [one, told.findings.filter((finding) => finding.severity === one)] as const);
    this.chips.replaceChildren(...counts.filter(([, some]) => some.length).map(([one, some]) => h("span", { class: `lep-chip ${one}` }, `${some.length} ${some[0]!.word}`)));
    if (!told.findings.length) this.chips.replaceChildren(h("span", { class: "lep-chip ok" }, "nothing to report"));
    const shown = this.all ? told.findings : told.findings.slice(0, FEW_FINDINGS);
    this.more.hidden = shown.length === told.findings.length;
    this.more.textContent = `${told.findings.length - shown.length} more`;
    this.findings.replaceChildren(...shown.map((one, i) => this.finding(one, i)));
  }

  private finding(one: Finding, place: number): HTMLElement {
    const open = this.opened === place;
    const known = one.column !== null && this.told!.names.includes(one.column);
    const column = one.column === null ? null : known
      ? h("button", { type: "button", class: "lep-link lep-finding-column", click: () => this.goToColumn(one.column!) }, one.column)
      : h("strong", { class: "lep-finding-column" }, one.column);
    const rows = one.rows ? h("button", { type: "button", class: "lep-button lep-rows-button", "aria-expanded": String(open), disabled: this.kernel.lost, click: () => this.toggleRows(place) }, `${one.rows.toLocaleString("en-US")} ${one.rows === 1 ? "row" : "rows"}`) : h("span", { class: "lep-sub" }, one.share);
    return h(
      "li", { tabindex: "-1", "data-kind": one.kind }, h("span", { class: `lep-chip ${one.severity}` }, one.word),
      h("div", { class: "lep-finding" }, column, h("span", {}, one.message), one.advice ? h("span", { class: "lep-sub" }, one.advice) : null),
      rows, open ? h("div", { class: "lep-behind", "data-rows": String(place) }, h("span", { class: "lep-sub" }, "reading the rows…")) : null,
    );
  }

  private drawLegend(): void {
    const key = (kind: string, words: string) => h("span", { class: "lep-key" }, h("i", { class: `lep-swatch k-${kind}` }), words);
    const classes = this.cards.find((card) => card.classes.length)?.classes ?? [];
    const keys = [key("bars", "all rows"), ...classes.map((name, k) => key(KINDS[k] ?? "soft", name))];
    if (this.cards.some((card) => card.means.length)) keys.push(key("means", "mean of the target"));
    if (this.told!.drift) keys.push(key("second", "second frame"));
    this.legend.replaceChildren(...keys);
  }

  /** Nodes are moved, not made anew, so that the one in use keeps its focus. */
  private arrange(): void {
    const shown = arranged(this.cards, this.told!.findings, this.decisions, this.filter.value as Filter, this.find.value, this.order.value);
    const wanted = new Set(shown.map((card) => card.name));
    for (const [name, one] of this.shown) one.node.hidden = !wanted.has(name);
    const order = [...shown.map((card) => this.shown.get(card.name)!.node), ...this.cards.filter((card) => !wanted.has(card.name)).map((card) => this.shown.get(card.name)!.node)];
    order.forEach((node, i) => {
      if (this.grid.children[i] !== node) this.grid.insertBefore(node, this.grid.children[i] ?? null);
    });
    this.none.hidden = shown.length > 0 || this.cards.length < this.told!.names.length;
  }
}

function fillChoices(select: HTMLSelectElement, choices: [string, string][]): void {
  const now = select.value;
  select.replaceChildren(...choices.map(([value, words]) => h("option", { value, selected: value === now }, words)));
}

export default { render };
