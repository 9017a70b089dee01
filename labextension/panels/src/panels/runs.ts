// The runs panel: the list as it is now, sorted and searched; two or more compared; names, tags, deletion; code to open.

import { codeLine, copyButton } from "../code.ts";
import { h } from "../dom.ts";
import { hear, onLost, takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { comparison, type Compared } from "../run_comparison.ts";
import { called, fits, head, row, sorted, type Order, type Run } from "../run_table.ts";

const LIVE_MS = 2000;
const QUIET_MS = 10_000;
const BUSY_MS = 2500;
const MOST_PICKED = 8;

/** When the list is to be asked for again: soon while a run is live, later otherwise, never while nobody looks. */
export function nextAfter(runs: Run[], hidden: boolean): number {
  return hidden ? Infinity : runs.some((run) => run.status === "running") ? LIVE_MS : QUIET_MS;
}

/** Tags from what was typed: parted by commas, each once. */
export function tagsOf(typed: string): string[] {
  return [...new Set(typed.split(",").map((tag) => tag.trim()).filter(Boolean))];
}

function render({ model, el }: View): Cleanup {
  const panel = new RunsView(model, el);
  return () => panel.close();
}

class RunsView {
  private runs: Run[] | null = null;
  private picked: string[] = [];
  private chosen: string | null = null;
  private order: Order = { key: "began", down: true };
  private compared: Compared | null = null;
  private asked = 0;
  private heardAt = 0;
  private lost = false;
  private code: string;
  private width = 0;
  private twin: Cleanup | null = null;
  private readonly token = Math.random().toString(36).slice(2);
  private readonly cleanups: Cleanup[] = [];

  private readonly sub = h("div", { class: "lep-sub" });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find: id, name, #tag, target, status", "aria-label": "find a run", input: () => this.draw(), keydown: (event: KeyboardEvent) => event.stopPropagation() });
  private readonly compare = h("button", { type: "button", class: "lep-button", click: () => this.askComparison() }, "Compare");
  private readonly thead = h("thead", {});
  private readonly tbody = h("tbody", {});
  private readonly table = h("div", { class: "lep-scroll lep-runs" }, h("table", { class: "lep-table" }, this.thead, this.tbody));
  private readonly detail = h("section", { class: "lep-section lep-run-detail", "aria-label": "the chosen run", hidden: true });
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly beside = h("section", { class: "lep-more", "aria-label": "runs side by side", hidden: true });
  private readonly source = h("div", { class: "lep-source", role: "status", "aria-live": "polite" });
  private readonly line = codeLine();

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    this.code = String(model.get("code"));
    el.replaceChildren(
      h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), this.sub),
      h("div", { class: "lep-find" }, this.find, this.compare), this.table, this.trouble, this.detail, this.beside,
      h("div", { class: "lep-tools lep-foot" }, this.source, this.line, copyButton(() => this.code)),
    );
    this.cleanups.push(hear(model, (content) => this.heard(content)), onLost(model, () => this.lose()));
    const clock = window.setInterval(() => this.watch(), 250);
    const resized = new ResizeObserver(() => this.compared && Math.abs(this.beside.clientWidth - this.width) > 4 && this.drawComparison());
    resized.observe(el);
    this.cleanups.push(() => clearInterval(clock), () => resized.disconnect());
    this.setCode(this.code);
    this.send({ type: "list" });
  }

  close(): void {
    this.twin?.();
    for (const cleanup of this.cleanups) cleanup();
  }

  // --- what the kernel says

  private heard(content: any): void {
    if (content.type === "compared" && content.view === this.token) {
      this.compared = content;
      this.drawComparison();
      this.setCode(content.code);
    }
    if (content.type !== "runs") return;
    this.runs = content.runs;
    this.heardAt = performance.now();
    if (content.view === this.token) {
      this.asked = 0;
      if (content.asked !== "list" || content.error) this.troubleIs(content.error);
      if (content.said) this.did(content.asked, content.said);
    }
    const there = new Set(this.runs!.map((run) => run.id));
    this.picked = this.picked.filter((id) => there.has(id));
    if (this.chosen !== null && !there.has(this.chosen)) this.choose(null);
    this.sub.textContent = this.runs!.length ? `${this.runs!.length} runs${content.hidden ? `, ${content.hidden} older ones not listed` : ""}` : "none yet: ll.train(df, target=...)";
    this.draw();
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  private did(asked: string, said: string): void {
    if (asked === "rename" || asked === "tags") {
      this.setCode(said);
      this.drawDetail();
    } else this.sub.textContent = said;
  }

  // --- what the reader does

  private choose(id: string | null): void {
    this.chosen = id === this.chosen ? null : id;
    this.draw();
    this.drawDetail();
    const run = this.run();
    if (run) this.setCode(run.open);
  }

  private pick(id: string, on: boolean): void {
    this.picked = on ? [...this.picked, id].slice(-MOST_PICKED) : this.picked.filter((one) => one !== id);
    this.draw();
  }

  private sortBy(key: Order["key"]): void {
    const words = ["name", "status", "target"].includes(key);
    this.order = this.order.key === key ? { key, down: !this.order.down } : { key, down: !words };
    this.draw();
  }

  private askComparison(): void {
    this.send({ type: "compare", ids: this.picked });
  }

  private send(content: Record<string, unknown>): void {
    if (this.lost) return;
    this.asked ||= performance.now();
    try {
      this.model.send({ ...content, view: this.token });
    } catch {
      this.lose();
    }
  }

  private watch(): void {
    if (this.lost) return;
    const now = performance.now();
    if (this.asked) {
      if (now - this.asked > BUSY_MS) this.sourceIs(`the kernel is busy; the list is ${Math.round((now - this.heardAt) / 1000)} s old`, "busy");
      return;
    }
    if (!this.runs) return;
    const live = this.runs.filter((run) => run.status === "running").length;
    this.sourceIs(live ? `live: ${live} running` : "as on disk", live ? "curve" : "model");
    if (now - this.heardAt > nextAfter(this.runs, document.hidden || !this.el.isConnected)) this.send({ type: "list" });
  }

  private lose(): void {
    this.lost = true;
    this.sourceIs("The kernel is gone. Run the cell again for the list as it is now.", "lost");
    this.draw();
    this.drawDetail();
  }

  private sourceIs(words: string, kind: string): void {
    if (this.source.textContent !== words) this.source.textContent = words;
    this.source.dataset.kind = kind;
  }

  private troubleIs(words: string | null): void {
    this.trouble.textContent = words ?? "";
    this.trouble.hidden = !words;
  }

  private setCode(code: string): void {
    this.code = code;
    this.line.textContent = code;
  }

  private run(): Run | null {
    return this.runs?.find((run) => run.id === this.chosen) ?? null;
  }

  // --- drawing

  /** The table anew, with the focus where it was. */
  private draw(): void {
    const focus = (this.el.getRootNode() as Document).activeElement?.getAttribute("data-focus");
    const heard = { sort: (key: Order["key"]) => this.sortBy(key), pick: (id: string, on: boolean) => this.pick(id, on), choose: (id: string) => this.choose(id) };
    const shown = sorted((this.runs ?? []).filter((run) => fits(run, this.find.value.replace(/#/g, ""))), this.order);
    const sorts = [...this.thead.querySelectorAll("button")].findIndex((one) => one === (this.el.getRootNode() as Document).activeElement);
    this.thead.replaceChildren(head(this.order, heard));
    if (sorts >= 0) this.thead.querySelectorAll("button")[sorts]!.focus();
    this.tbody.replaceChildren(...shown.map((run) => row(run, { picked: this.picked.includes(run.id), chosen: run.id === this.chosen }, heard)));
    if (focus) this.tbody.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
    this.compare.disabled = this.lost || this.picked.length < 2;
    this.compare.textContent = this.picked.length ? `Compare ${this.picked.length}` : "Compare: pick two or more";
  }

  private drawDetail(): void {
    const run = this.run();
    this.detail.hidden = !run;
    if (!run) return;
    const quiet = (event: KeyboardEvent) => event.stopPropagation();
    const name = h("input", { type: "text", value: run.name, "aria-label": "name", placeholder: "no name", keydown: quiet });
    const tags = h("input", { type: "text", value: run.tags.join(", "), "aria-label": "tags, parted by commas", placeholder: "no tags", keydown: quiet });
    const form = (words: string, field: HTMLInputElement, act: () => void) =>
      h("form", { class: "lep-field", submit: (event: SubmitEvent) => (event.preventDefault(), act()) }, field, h("button", { type: "submit", class: "lep-button", disabled: this.lost }, words));
    const show = (code: string, words: string) => h("button", { type: "button", class: "lep-button", click: () => this.setCode(code) }, words);
    const remove = h("button", { type: "button", class: "lep-button lep-danger", disabled: this.lost || run.status === "running", title: run.status === "running" ? "it still runs" : null, click: () => this.confirm(run) }, "Delete…");
    this.detail.replaceChildren(
      h("div", { class: "lep-label" }, called(run), h("span", { class: "lep-sub" }, `${run.id} · ${run.status}${run.message ? ` · ${run.message}` : ""}`)),
      h("div", { class: "lep-tools" },
        form("Rename", name, () => this.send({ type: "rename", id: run.id, name: name.value })),
        form("Set tags", tags, () => this.send({ type: "tags", id: run.id, tags: tagsOf(tags.value) })),
        show(run.open, "Code to open"), run.resume ? show(run.resume, "Code to resume") : null,
        run.status === "running" ? h("button", { type: "button", class: "lep-button", disabled: this.lost, click: () => this.send({ type: "stop", id: run.id }) }, "Stop") : null, remove),
    );
  }

  /** Deletion is asked twice, in the page: a second button, that has the focus on keeping. */
  private confirm(run: Run): void {
    const keep = h("button", { type: "button", class: "lep-button", click: () => this.drawDetail() }, "Keep it");
    const go = h("button", { type: "button", class: "lep-button lep-danger", "aria-label": `Delete ${called(run)}`, click: () => (this.drawDetail(), this.send({ type: "delete", id: run.id })) }, "Delete it");
    this.detail.append(h("div", { class: "lep-confirm", role: "alertdialog", "aria-label": "delete the run?", keydown: (event: KeyboardEvent) => event.key === "Escape" && this.drawDetail() },
      h("span", {}, `Delete ${called(run)} from the disk, with its model, checkpoints and history? This cannot be undone.`), keep, go));
    keep.focus();
  }

  private drawComparison(): void {
    if (!this.compared) return;
    this.beside.hidden = false;
    this.width = this.beside.clientWidth;
    const close = h("button", { type: "button", class: "lep-drop", "aria-label": "close the comparison", click: () => ((this.compared = null), (this.beside.hidden = true)) }, "×");
    this.beside.replaceChildren(h("div", { class: "lep-label" }, "Side by side", close), comparison(this.compared, this.width || 860));
  }
}

export default { render };
