// The runs panel: the list as it is now, sorted and searched; two or more compared; names, tags, deletion; code to open.

import { codeLine, copyButton } from "../code.ts";
import { h } from "../dom.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { Line, type State } from "../line.ts";
import { comparison, type Compared } from "../run_comparison.ts";
import { called, fits, head, row, sorted, type Order, type Run } from "../run_table.ts";
import { Source } from "../source.ts";

const LIVE_MS = 2000;
const QUIET_MS = 10_000;
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
  private heardAt = 0;
  private code: string;
  private width = 0;
  private twin: Cleanup | null = null;
  private readonly cleanups: Cleanup[] = [];
  private readonly kernel: Line;

  private readonly sub = h("div", { class: "lep-sub" });
  private readonly find = h("input", { type: "search", class: "lep-words", placeholder: "find: id, name, #tag, target, status", "aria-label": "find a run", input: () => this.draw(), keydown: (event: KeyboardEvent) => event.stopPropagation() });
  private readonly compare = h("button", { type: "button", class: "lep-button", click: () => this.askComparison() }, "Compare");
  private readonly thead = h("thead", {});
  private readonly tbody = h("tbody", {});
  private readonly table = h("div", { class: "lep-scroll lep-runs" }, h("table", { class: "lep-table" }, this.thead, this.tbody));
  private readonly detail = h("section", { class: "lep-section lep-run-detail", "aria-label": "the chosen run", hidden: true });
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly beside = h("section", { class: "lep-more", "aria-label": "runs side by side", hidden: true });
  private readonly source = new Source("Run the cell again for the list as it is now.");
  private readonly line = codeLine();

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    this.code = String(model.get("code"));
    el.replaceChildren(
      h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), this.sub),
      h("div", { class: "lep-find" }, this.find, this.compare), this.table, this.trouble, this.detail, this.beside,
      h("div", { class: "lep-tools lep-foot" }, this.source.node, this.line, copyButton(() => this.code)),
    );
    // The list is the same for every view, whichever asked for it.
    this.kernel = new Line(model, { runs: (content, _buffers, own) => this.hearRuns(content, own), compared: (content) => this.hearComparison(content) }, (state) => this.stateIs(state), ["runs"]);
    const clock = window.setInterval(() => this.watch(), 250);
    const resized = new ResizeObserver(() => this.compared && Math.abs(this.beside.clientWidth - this.width) > 4 && this.drawComparison());
    resized.observe(el);
    this.cleanups.push(() => clearInterval(clock), () => resized.disconnect());
    this.setCode(this.code);
    this.kernel.ask({ type: "list" });
  }

  close(): void {
    this.twin?.();
    this.kernel.close();
    for (const cleanup of this.cleanups) cleanup();
  }

  // --- what the kernel says

  private hearComparison(content: Compared & { code: string }): void {
    this.compared = content;
    this.drawComparison();
    this.setCode(content.code);
  }

  private hearRuns(content: any, own: boolean): void {
    this.runs = content.runs;
    this.heardAt = performance.now();
    if (own) this.did(content);
    this.source.busy = `The kernel is busy; this is the list of ${new Date().toLocaleTimeString()}.`;
    const there = new Set(this.runs!.map((run) => run.id));
    this.picked = this.picked.filter((id) => there.has(id));
    if (this.chosen !== null && !there.has(this.chosen)) this.choose(null);
    this.sub.textContent = this.runs!.length ? `${this.runs!.length} runs${content.hidden ? `, ${content.hidden} older ones not listed` : ""}` : "none yet: ll.train(df, target=...)";
    this.draw();
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  /** What became of a question, beside the list that every view gets. */
  private did({ asked, said, error }: { asked: string; said: string | null; error: string | null }): void {
    if (asked !== "list" || error) this.troubleIs(error);
    if (!said) return;
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
    this.kernel.ask({ type: "compare", ids: this.picked });
  }

  private watch(): void {
    if (this.kernel.lost || this.kernel.waits || !this.runs) return;
    const live = this.runs.filter((run) => run.status === "running").length;
    this.source.say(live ? `live: ${live} running` : "as on disk", live ? "curve" : "model");
    if (performance.now() - this.heardAt > nextAfter(this.runs, document.hidden || !this.el.isConnected)) this.kernel.ask({ type: "list" });
  }

  private stateIs(state: State): void {
    const was = this.wasLost;
    this.source.kernelIs(state);
    this.wasLost = state === "lost";
    if (was === this.wasLost) return;
    this.draw();
    this.drawDetail();
  }

  private wasLost = false;

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
    this.compare.disabled = this.kernel.lost || this.picked.length < 2;
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
      h("form", { class: "lep-field", submit: (event: SubmitEvent) => (event.preventDefault(), act()) }, field, h("button", { type: "submit", class: "lep-button", disabled: this.kernel.lost }, words));
    const show = (code: string, words: string) => h("button", { type: "button", class: "lep-button", click: () => this.setCode(code) }, words);
    const remove = h("button", { type: "button", class: "lep-button lep-danger", disabled: this.kernel.lost || run.status === "running", title: run.status === "running" ? "it still runs" : null, click: () => this.confirm(run) }, "Delete…");
    this.detail.replaceChildren(
      h("div", { class: "lep-label" }, called(run), h("span", { class: "lep-sub" }, `${run.id} · ${run.status}${run.message ? ` · ${run.message}` : ""}`)),
      h("div", { class: "lep-tools" },
        form("Rename", name, () => this.kernel.ask({ type: "rename", id: run.id, name: name.value })),
        form("Set tags", tags, () => this.kernel.ask({ type: "tags", id: run.id, tags: tagsOf(tags.value) })),
        show(run.open, "Code to open"), run.resume ? show(run.resume, "Code to resume") : null,
        run.status === "running" ? h("button", { type: "button", class: "lep-button", disabled: this.kernel.lost, click: () => this.kernel.ask({ type: "stop", id: run.id }) }, "Stop") : null, remove),
    );
  }

  /** Deletion is asked twice, in the page: a second button, that has the focus on keeping. */
  private confirm(run: Run): void {
    const keep = h("button", { type: "button", class: "lep-button", click: () => this.drawDetail() }, "Keep it");
    const go = h("button", { type: "button", class: "lep-button lep-danger", "aria-label": `Delete ${called(run)}`, click: () => (this.drawDetail(), this.kernel.ask({ type: "delete", id: run.id })) }, "Delete it");
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
