// The result panel: what a threshold does, live; curves; members and baselines; where the model fails.

import { codeLine, copyButton } from "../code.ts";
import { Decide, type Choice, type OneClass } from "../decide.ts";
import { h } from "../dom.ts";
import { ErrorTree } from "../error_tree.ts";
import { figure, type Spec } from "../figure.ts";
import { hear, onLost, takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { confused, Matrix } from "../matrix.ts";
import { scoreboard, type Board } from "../scoreboard.ts";
import { read } from "../thresholds.ts";

interface Told {
  sub: string;
  task: string;
  target: string;
  weighed: boolean;
  classes: string[];
  own: number | null;
  ownNote: string;
  folds: boolean;
  kpis: [string, string, string][];
  board: Board;
  matrix: number[][] | null;
  figures: Spec[];
  costs: Choice | null;
  askErrors: boolean;
}

function render({ model, el }: View): Cleanup {
  const panel = new ResultView(model, el);
  return () => panel.close();
}

class ResultView {
  private told: Told | null = null;
  private decide: Decide | null = null;
  private matrix: Matrix | null = null;
  private tree: ErrorTree | null = null;
  private twin: Cleanup | null = null;
  private code: string;
  private readonly cleanups: Cleanup[] = [];
  private readonly token = Math.random().toString(36).slice(2);
  private readonly sub = h("div", { class: "lep-sub" });
  private readonly kpis = h("div", { class: "lep-kpis" });
  private readonly classes = h("div", {});
  private readonly chosen = h("div", {});
  private readonly curves = h("div", { class: "lep-section" });
  private readonly board = h("div", { class: "lep-section" });
  private readonly errors = h("section", { class: "lep-more", "aria-label": "where it fails" });
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly keep = h("code", { class: "lep-code", tabindex: "0", "aria-label": "use this threshold, in Python" });
  private readonly keeping = h("div", { class: "lep-tools", hidden: true }, h("span", { class: "lep-sub" }, "Use this threshold:"), this.keep, copyButton(() => this.keep.textContent ?? ""));
  private readonly line = codeLine();

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    this.code = String(model.get("code"));
    el.classList.add("lepton", "lepton-panel", "lepton-wide");
    const head = h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), this.sub);
    const python = h("div", { class: "lep-tools" }, this.line, copyButton(() => this.code));
    el.replaceChildren(head, this.kpis, this.trouble, this.classes, this.chosen, this.keeping, this.curves, this.board, this.errors, python);
    this.setCode(this.code);
    this.cleanups.push(hear(model, (content, buffers) => this.heard(content, buffers)), onLost(model, () => this.lose()));
    this.send({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    this.decide?.close();
    for (const cleanup of this.cleanups) cleanup();
  }

  private heard(content: any, buffers: DataView[]): void {
    if (content.view !== this.token) return;
    this.trouble.hidden = true;
    if (content.error) return this.fail(content);
    if (content.type === "ready") this.start(content);
    else if (content.type === "class") this.showClass(content, buffers);
    else if (content.type === "costs") this.decide?.hear(content);
    else if (content.type === "errors") this.showErrors(content);
    else if (content.type === "node") this.tree?.show(content);
  }

  private fail(content: { type: string; error: string; number?: number }): void {
    if (content.type === "costs") this.decide?.fail(content.error);
    else if (content.type === "node") this.tree?.fail(content.number ?? 0, content.error);
    else {
      this.trouble.hidden = false;
      this.trouble.textContent = content.error;
    }
  }

  private start(told: Told): void {
    this.told = told;
    this.sub.textContent = told.sub;
    this.kpis.replaceChildren(...told.kpis.map(([label, value, note]) => h("div", {}, h("div", { class: "lep-kpi-label" }, label), h("div", { class: "lep-kpi-value" }, value), h("div", { class: "lep-kpi-note" }, note))));
    this.curves.replaceChildren(h("div", { class: "lep-row" }, ...told.figures.map((spec) => figure(spec).node)));
    this.board.replaceChildren(h("div", { class: "lep-label" }, "Against its parts and baselines"), scoreboard(told.board));
    if (told.matrix && told.classes.length > 2) this.startClasses(told, told.matrix);
    if (!this.tree) this.offerErrors(told.askErrors);
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  private startClasses(told: Told, counts: number[][]): void {
    this.matrix = new Matrix(told.classes, (k) => this.send({ type: "class", k }));
    this.matrix.show(counts);
    const choice = h("select", { "aria-label": "class to look at", change: () => this.send({ type: "class", k: Number(choice.value) }) }, ...told.classes.map((name, k) => h("option", { value: String(k) }, name)));
    choice.value = String(told.classes.length - 1);
    const pairs = confused(counts, told.classes);
    const notes = pairs.length ? h("ul", { class: "lep-notes" }, ...pairs.map((words) => h("li", {}, words))) : null;
    this.classes.replaceChildren(
      h("div", { class: "lep-label" }, "Confusion", h("span", { class: "lep-sub" }, "the likeliest class decides; rows: truth")), h("div", { class: "lep-classes" }, this.matrix.node, h("div", {}, notes)),
      h("div", { class: "lep-tools" }, h("label", { class: "lep-field" }, "One class against the rest:", choice)),
    );
    this.chooser = choice;
  }

  private chooser: HTMLSelectElement | null = null;

  private showClass(content: OneClass & { stops: number }, buffers: DataView[]): void {
    const told = this.told;
    const view = buffers[0];
    if (!told || !view) return;
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
    const two = told.classes.length === 2;
    const one: OneClass = { ...content, ...read(bytes, content.stops) };
    this.decide?.close();
    this.decide = new Decide(one, {
      rest: two ? told.classes[0]! : `not ${one.name}`, own: two ? told.own : null, weighed: told.weighed, choice: two ? told.costs : null,
      ask: two ? (costs, unit) => this.send({ type: "costs", false_alarm: costs.falseAlarm, missed: costs.missed, unit }) : null,
      lines: (evaluation, keep) => {
        this.setCode(evaluation);
        this.keep.textContent = keep;
        this.keeping.hidden = !keep;
      },
    });
    const folds = told.folds && two ? h("div", { class: "lep-sub" }, "The metrics of decisions below are at each fold's own threshold, this is at one for all rows.") : null;
    this.chosen.replaceChildren(this.decide.node, ...(folds ? [folds] : []));
    this.curves.replaceChildren(this.decide.curves, h("div", { class: "lep-row" }, ...told.figures.map((spec) => figure(spec).node)));
    this.matrix?.mark(one.k);
    if (this.chooser) this.chooser.value = String(one.k);
  }

  private offerErrors(now: boolean): void {
    const label = h("div", { class: "lep-label" }, "Where it fails");
    const ask = () => {
      this.errors.replaceChildren(label, h("div", { class: "lep-sub" }, "looking for parts of the rows with more errors …"));
      this.send({ type: "errors" });
    };
    this.errors.replaceChildren(label, h("button", { type: "button", class: "lep-button", click: ask }, "Look for parts of the rows with more errors"));
    if (now) ask();
  }

  private showErrors(content: any): void {
    this.tree = new ErrorTree(content, (number) => {
      this.send({ type: "node", number });
      this.setCode(`evaluation.error_tree().explain(${number})`);
    });
    this.errors.replaceChildren(h("div", { class: "lep-label" }, "Where it fails", h("span", { class: "lep-sub" }, "open a part for what the model looks at there")), this.tree.node);
  }

  private lose(): void {
    this.trouble.hidden = false;
    this.trouble.textContent = "The kernel is gone. The threshold still moves; other classes, costs' advice and parts need it: run the cell again.";
  }

  private setCode(code: string): void {
    this.code = code.startsWith("evaluation.") ? `${String(this.model.get("code"))}\n${code}` : code;
    this.line.textContent = code;
  }

  private send(content: Record<string, unknown>): void {
    this.model.send({ view: this.token, ...content });
  }
}

export default { render };
