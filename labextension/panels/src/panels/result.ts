// The result panel: what a threshold does, live; curves; members and baselines; where the model fails.

import { codeLine, copyButton } from "../code.ts";
import { Decide, type Choice, type OneClass } from "../decide.ts";
import { h } from "../dom.ts";
import { ErrorTree } from "../error_tree.ts";
import { figure, type Spec } from "../figure.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { Line } from "../line.ts";
import { confused, Matrix } from "../matrix.ts";
import { scoreboard, type Board } from "../scoreboard.ts";
import { shownFigure, type Shown } from "../shown.ts";
import { Source } from "../source.ts";
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
  words: { row: string; rows: string }; // what the domain calls them
  shown: Shown[]; // what the model's domain asks for
  askErrors: boolean | null; // null: the columns of these rows are not known
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
  private readonly kernel: Line;
  private readonly source = new Source("The threshold still moves; other classes, costs' advice and parts need it: run the cell again.");
  private readonly sub = h("div", { class: "lep-sub" });
  private readonly kpis = h("div", { class: "lep-kpis" });
  private readonly classes = h("div", {});
  private readonly chosen = h("div", {});
  private readonly curves = h("div", { class: "lep-section" });
  private readonly shown = h("div", {});
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
    el.replaceChildren(head, this.kpis, this.trouble, this.classes, this.chosen, this.keeping, this.curves, this.shown, this.board, this.errors, this.source.node, python);
    this.setCode(this.code);
    const heard = { ready: (content: Told) => this.start(content), class: (content: any, buffers: DataView[]) => this.showClass(content, buffers), costs: (content: any) => this.decide?.hear(content), errors: (content: any) => this.showErrors(content), node: (content: any) => this.tree?.show(content) };
    this.kernel = new Line(model, { ...heard, trouble: (content) => this.fail(content) }, (state) => this.source.kernelIs(state));
    this.kernel.ask({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    this.decide?.close();
    this.kernel.close();
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
    this.trouble.hidden = true;
    this.sub.textContent = told.sub;
    this.kpis.replaceChildren(...told.kpis.map(([label, value, note]) => h("div", {}, h("div", { class: "lep-kpi-label" }, label), h("div", { class: "lep-kpi-value" }, value), h("div", { class: "lep-kpi-note" }, note))));
    this.curves.replaceChildren(h("div", { class: "lep-row" }, ...told.figures.map((spec) => figure(spec).node)));
    this.shown.replaceChildren(...told.shown.map(shownFigure));
    this.board.replaceChildren(h("div", { class: "lep-label" }, "Against its parts and baselines"), scoreboard(told.board));
    if (told.matrix && told.classes.length > 2) this.startClasses(told, told.matrix);
    if (!this.tree) this.offerErrors(told.askErrors);
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  private startClasses(told: Told, counts: number[][]): void {
    this.matrix = new Matrix(told.classes, (k) => this.kernel.ask({ type: "class", k }));
    this.matrix.show(counts);
    const choice = h("select", { "aria-label": "class to look at", change: () => this.kernel.ask({ type: "class", k: Number(choice.value) }) }, ...told.classes.map((name, k) => h("option", { value: String(k) }, name)));
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
      rest: two ? told.classes[0]! : `not ${one.name}`, own: two ? told.own : null, words: told.words, weighed: told.weighed, choice: two ? told.costs : null,
      ask: two ? (costs, unit) => this.kernel.ask({ type: "costs", false_alarm: costs.falseAlarm, missed: costs.missed, unit }) : null,
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

  private offerErrors(now: boolean | null): void {
    const label = h("div", { class: "lep-label" }, "Where it fails");
    if (now === null) {
      const words = "Only the answers on these rows were kept, not their columns. To see where the model fails, evaluate it on a frame.";
      this.errors.replaceChildren(label, h("div", { class: "lep-sub" }, words));
      return;
    }
    const ask = () => {
      this.errors.replaceChildren(label, h("div", { class: "lep-sub" }, "looking for parts of the rows with more errors …"));
      this.kernel.ask({ type: "errors" });
    };
    this.errors.replaceChildren(label, h("button", { type: "button", class: "lep-button", click: ask }, "Look for parts of the rows with more errors"));
    if (now) ask();
  }

  private showErrors(content: any): void {
    this.tree = new ErrorTree(content, (number) => {
      if (!this.kernel.ask({ type: "node", number })) this.tree?.fail(number, "the kernel is gone");
      this.setCode(`evaluation.error_tree().explain(${number})`);
    });
    this.errors.replaceChildren(h("div", { class: "lep-label" }, "Where it fails", h("span", { class: "lep-sub" }, "open a part for what the model looks at there")), this.tree.node);
  }

  private setCode(code: string): void {
    this.code = code.startsWith("evaluation.") ? `${String(this.model.get("code"))}\n${code}` : code;
    this.line.textContent = code;
  }
}

export default { render };
