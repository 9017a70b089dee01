// The explanation panel: importance with intervals and a beeswarm of many rows; from there a column's dependence, some
// rows against the rest, the table of rows, and the waterfall of one. The kernel is asked for what the page lacks only.

import { CohortView, type Choice, type Compared } from "../cohort.ts";
import { codeLine, copyButton } from "../code.ts";
import { DependenceView } from "../dependence.ts";
import { h } from "../dom.ts";
import { signed } from "../format.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { type Feature } from "../importance.ts";
import { Line, type State } from "../line.ts";
import { RowDetail, type Row } from "../row_detail.ts";
import { RowTable, type Sort } from "../row_table.ts";
import { Source } from "../source.ts";
import { Swarm } from "../swarm.ts";
import { onThemeChange } from "../theme.ts";
import { array, type Cells } from "../values.ts";

interface Column extends Feature {
  kind: string;
  texts: string[] | null;
}

/** What the kernel sends on request: rows never travel as synced state. */
interface Told {
  columns: Column[];
  labels: string[];
  names: string[];
  outputs: string[];
  output: number;
  which: string; // what one of several outputs is of: a class, a quantile, an item
  unit: string;
  note: string;
  hidden: number;
  truth: boolean;
}

interface Data extends Told {
  effects: Float32Array; // (column, row)
  shades: Uint8Array; // (column, row)
  cells: Cells[]; // by column
}

function render({ model, el }: View): Cleanup {
  const panel = new ExplanationView(model, el);
  return () => panel.close();
}

class ExplanationView {
  private data: Data | null = null;
  private chosen: number | null = null;
  private active: number | null = null;
  private selected: Uint8Array | null = null;
  private tables = false;
  private code: string;
  private width = 0;
  private asked = 0; // the newest cohort asked for; older answers are no news
  private twin: Cleanup | null = null;
  private readonly cleanups: Cleanup[] = [];
  private readonly line: Line;
  private readonly note = h("div", { class: "lep-sub" });
  private readonly bar = h("div", { class: "lep-tools" });
  private readonly source = new Source("Hovering, sorting and marking go on; run the cell again for waterfalls, columns and comparisons.");
  private readonly choice = h("select", { "aria-label": "row to explain" });
  private readonly column = h("select", { "aria-label": "column to look at" });
  private readonly output = h("select", { "aria-label": "class" });
  private readonly showRows = h("button", { type: "button", class: "lep-button", "aria-expanded": "false", click: () => this.toggleTable() }, "Table of rows");
  private readonly detail: RowDetail = new RowDetail({
    ask: (content) => this.ask(content), code: (words) => this.setCode(words), say: (words) => this.say(words), arrange: () => this.arrange(),
  }, () => this.stage.hidden);
  private readonly said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  private readonly python = codeLine();
  private readonly pythonLine = h("div", { class: "lep-tools" }, this.python, copyButton(() => this.code));
  private dependence: DependenceView | null = null;
  private readonly cohort = new CohortView((choice) => this.compare(choice));
  private readonly table = new RowTable((row) => this.choose(row), (row) => this.toggleRow(row), (sort, ascending) => this.sorted(sort, ascending));
  private readonly swarm = new Swarm({
    choose: (row) => this.choose(row), open: (place) => this.open(this.data!.columns[place]!.name), around: (rows) => this.cohort.take(rows),
  });
  private readonly stage = this.swarm.stage;

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel");
    this.code = this.made;
    this.setCode(this.code);
    this.line = new Line(model, {
      data: (content, buffers) => this.show(content, buffers),
      row: (content) => this.showRow(content),
      inside: (content) => this.detail.hearInside(content),
      dependence: (content, buffers) => this.showDependence(content, buffers),
      cohort: (content, buffers) => this.showCohort(content, buffers),
      scores: (content, buffers) => this.showTable(content, buffers),
    }, (state) => this.stateIs(state));
    el.replaceChildren(h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), this.note), this.stage, this.bar, this.source.node);
    this.listen();
    this.line.ask({ type: "ready" });
  }

  close(): void {
    this.twin?.();
    this.line.close();
    this.dependence?.close();
    this.swarm.close();
    this.detail.clear();
    for (const cleanup of this.cleanups) cleanup();
  }

  private get made(): string {
    return String(this.model.get("code"));
  }

  private listen(): void {
    this.stage.addEventListener("keydown", (event) => this.key(event));
    // A list of all rows costs more than the drawing: it is made when a reader goes to it.
    this.choice.addEventListener("pointerdown", () => this.fillChoice());
    this.choice.addEventListener("focus", () => this.fillChoice());
    this.choice.addEventListener("change", () => this.choose(this.choice.value === "" ? null : Number(this.choice.value)));
    this.column.addEventListener("change", () => this.open(this.column.value ? this.column.value.slice(1) : null));
    this.output.addEventListener("change", () => this.line.ask({ type: "ready", output: Number(this.output.value) }));
    const resized = new ResizeObserver(() => Math.abs(this.el.clientWidth - this.width) > 2 && this.draw());
    resized.observe(this.el);
    this.cleanups.push(() => resized.disconnect(), onThemeChange(() => (this.swarm.repaint(), this.dependence?.repaint())));
  }

  // --- what the kernel says

  private show(told: Told, buffers: DataView[]): void {
    const n = told.labels.length;
    const cells = array(Float64Array, buffers[2]);
    const before = this.data;
    this.data = {
      ...told, effects: array(Float32Array, buffers[0]), shades: array(Uint8Array, buffers[1]),
      cells: told.columns.map(({ texts }, j) => ({ texts, cells: cells.subarray(j * n, (j + 1) * n) })),
    };
    this.note.textContent = told.note;
    this.output.replaceChildren(...told.outputs.map((words, i) => h("option", { value: String(i), selected: i === told.output }, words)));
    this.column.replaceChildren(h("option", { value: "" }, "choose a column …"), ...told.names.map((name) => h("option", { value: `=${name}` }, name)));
    this.choice.replaceChildren(h("option", { value: "" }, "choose a row …"));
    this.bar.replaceChildren(...this.controls());
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
    // A single row has no importance to speak of: its waterfall is the picture.
    const single = n === 1;
    this.stage.hidden = single;
    this.width = 0;
    this.draw();
    if (!before) this.arrange();
    const known = new Map(told.columns.map((one, j) => [one.name, { name: one.name, kind: one.kind, texts: this.data!.cells[j]!.texts }]));
    this.cohort.offerColumns(told.names.map((name) => known.get(name) ?? { name, kind: null, texts: null }));
    this.again(single);
  }

  /** Another class: ask anew for all that is open. */
  private again(single: boolean): void {
    if (single) this.choose(0);
    else if (this.chosen !== null) this.choose(this.chosen);
    if (this.dependence?.column) this.open(this.dependence.column);
    if (this.last) this.compare(this.last);
    if (this.tables) this.ask({ type: "scores" });
  }

  private showRow(row: Row): void {
    if (row.error) return this.awaits(this.detail.node, row.error);
    if (row.row !== this.chosen) return; // an answer to an older choice
    this.setCode(row.code);
    this.detail.show(row, this.el.clientWidth || 760);
    this.arrange();
  }

  private showDependence(content: any, buffers: DataView[]): void {
    if (!this.dependence) return;
    if (content.error) return this.dependence.fail(content.error);
    if (content.column !== this.column.value.slice(1)) return; // an answer to an older choice
    const [place, values, half, own, shades, by] = [0, 1, 2, 3, 4, 5].map((k) => buffers[k]);
    this.dependence.show({
      ...content, place: array(Float64Array, place), values: array(Float64Array, values), half: array(Float64Array, half), shades: array(Uint8Array, shades),
      own: { texts: content.texts, cells: array(Float64Array, own) }, by: { texts: content.colourTexts, cells: array(Float64Array, by) },
    });
    this.dependence.mark(this.selected, this.chosen);
    this.setCode(content.code);
    this.say(`dependence of ${content.column}${content.colour ? `, coloured by ${content.colour}` : ""}`);
  }

  private showCohort(content: Compared & { id: number }, buffers: DataView[]): void {
    if (content.id !== this.asked) return;
    this.cohort.show(content);
    if (content.error) return;
    this.setCode(content.code);
    this.select(array(Uint8Array, buffers[0]));
  }

  private showTable(content: any, buffers: DataView[]): void {
    if (content.error) return this.say(content.error);
    const data = this.data!;
    const n = data.labels.length;
    const [prediction, error, surprise, cells] = [0, 1, 2, 3].map((k) => array(Float64Array, buffers[k])) as [Float64Array, Float64Array, Float64Array, Float64Array];
    const columns = data.columns.map((one, j) => ({ name: one.name, values: data.cells[j]!, effects: data.effects.subarray(j * n, (j + 1) * n) }));
    this.table.show({ labels: data.labels, columns, scores: { share: content.share, known: content.known, meaning: content.meaning, prediction, error, surprise, truth: { texts: content.texts, cells } } });
    this.table.mark(this.selected, this.chosen);
  }

  // --- what the reader does

  private ask(content: Record<string, unknown>): boolean {
    return this.line.ask({ ...content, output: this.data!.output });
  }

  /** What stands in a place is no more what was chosen last; in an empty one, words. */
  private awaits(place: HTMLElement, words: string): void {
    if (place.childElementCount) place.classList.add("stale");
    else place.replaceChildren(h("div", { class: "lep-sub" }, words));
    this.arrange();
  }

  private choose(row: number | null): void {
    const data = this.data;
    if (!data || (row !== null && (row < 0 || row >= data.labels.length))) return;
    this.chosen = row;
    if (row !== null && !this.choice.querySelector(`option[value="${row}"]`)) this.choice.append(h("option", { value: String(row) }, data.labels[row]!));
    this.choice.value = row === null ? "" : String(row);
    this.mark();
    if (row === null) {
      this.detail.clear();
      this.setCode(this.made);
      this.arrange();
      return;
    }
    this.detail.awaits(row);
    if (this.ask({ type: "row", row })) this.awaits(this.detail.node, `Row ${data.labels[row]!} …`);
  }

  /** Open a column's dependence, or close it. */
  private open(name: string | null, colour: string | null = null): void {
    const data = this.data!;
    this.active = name === null ? null : data.columns.findIndex((one) => one.name === name);
    this.column.value = name === null ? "" : `=${name}`;
    this.markActive();
    if (name === null) {
      this.dependence?.close();
      this.dependence = null;
      this.setCode(this.made);
      this.arrange();
      return;
    }
    if (!this.dependence) {
      this.dependence = new DependenceView({
        el: this.el, labels: data.labels, names: data.names, choose: (row) => this.choose(row), select: (rows) => this.cohort.take(rows),
        recolour: (by) => this.open(this.dependence!.column, by), close: () => (this.open(null), this.stage.focus()),
      });
      this.arrange();
    }
    this.cohort.begin(name);
    if (this.ask({ type: "dependence", column: name, colour })) this.dependence.awaits(name);
  }

  private last: Choice | null = null;

  private compare(choice: Choice | null): void {
    this.last = choice;
    this.asked += 1;
    if (choice) this.ask({ type: "cohort", id: this.asked, ...choice });
    else {
      this.select(null);
      this.setCode(this.made);
    }
  }

  private toggleRow(row: number): void {
    const rows = new Set(this.selected ? [...this.selected].flatMap((one, i) => (one ? [i] : [])) : []);
    if (!rows.delete(row)) rows.add(row);
    this.cohort.take([...rows].sort((a, b) => a - b));
  }

  private toggleTable(): void {
    this.tables = !this.tables;
    this.showRows.setAttribute("aria-expanded", String(this.tables));
    this.arrange();
    if (this.tables) this.ask({ type: "scores" });
  }

  private sorted(sort: Sort, ascending: boolean): void {
    const data = this.data!;
    const output = data.outputs.length > 1 ? `, output=${JSON.stringify(data.outputs[data.output])}` : "";
    this.setCode(`ex.rows(${JSON.stringify(sort)}${output}${ascending ? ", ascending=True" : ""})`);
  }

  private key(event: KeyboardEvent): void {
    const data = this.data;
    if (!data) return;
    const { chosen, active } = this;
    const [rows, columns] = [data.labels.length, data.columns.length];
    const keys: Record<string, () => void> = {
      ArrowRight: () => this.choose(chosen === null ? 0 : chosen + 1),
      ArrowLeft: () => this.choose(chosen === null ? 0 : chosen - 1),
      Home: () => this.choose(0),
      End: () => this.choose(rows - 1),
      ArrowDown: () => this.point(active === null ? 0 : Math.min(active + 1, columns - 1)),
      ArrowUp: () => this.point(active === null ? 0 : Math.max(active - 1, 0)),
      Enter: () => active !== null && active >= 0 && this.open(data.columns[active]!.name),
      Escape: () => (this.chosen === null ? this.open(null) : this.choose(null)),
    };
    const does = keys[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows also move between the notebook's cells
    does();
  }

  /** Point at a column by key; Enter opens it. */
  private point(column: number): void {
    this.active = column;
    this.markActive();
    const one = this.data!.columns[column]!;
    this.say(`${one.name}, mean effect ${signed(one.importance, 3)}. Enter opens it.`);
  }

  // --- drawing

  private arrange(): void {
    const many = this.data && this.data.labels.length > 1;
    const parts = [this.dependence?.node, many && this.cohort.node, this.tables && this.table.node, this.detail.node, this.detail.inside, this.pythonLine, this.said];
    const wanted = parts.filter((part): part is HTMLElement => !!part);
    // Nodes that stay are left alone, so that the one in use keeps its focus.
    for (const node of [...this.el.children].slice(4)) if (!wanted.includes(node as HTMLElement)) node.remove();
    wanted.forEach((node, k) => this.el.children[4 + k] !== node && this.el.insertBefore(node, this.el.children[4 + k] ?? null));
  }

  private draw(): void {
    const data = this.data;
    this.width = this.el.clientWidth;
    this.detail.draw(this.width || 760);
    if (!data || this.stage.hidden) return;
    this.swarm.show(data, this.width);
    this.markActive();
    this.dependence?.draw();
  }

  private select(selected: Uint8Array | null): void {
    this.selected = selected;
    this.mark();
  }

  private mark(): void {
    this.swarm.mark(this.selected, this.chosen);
    this.dependence?.mark(this.selected, this.chosen);
    this.table.mark(this.selected, this.chosen);
  }

  private markActive(): void {
    this.swarm.markColumn(this.active);
  }

  private controls(): HTMLElement[] {
    const data = this.data!;
    const step = (by: number) => () => this.choose(this.chosen === null ? 0 : this.chosen + by);
    const rows = h(
      "span", { class: "lep-field" }, "Row ", h("button", { type: "button", class: "lep-button", "aria-label": "previous row", click: step(-1) }, "‹"),
      this.choice, h("button", { type: "button", class: "lep-button", "aria-label": "next row", click: step(1) }, "›"),
    );
    const column = h("span", { class: "lep-field" }, "Column ", this.column);
    const classes = data.outputs.length > 1 ? [h("span", { class: "lep-field" }, `${data.which} `, this.output)] : [];
    const ramp = h("span", { class: "lep-ramp", "aria-hidden": "true" }, "low value", h("i"), "high value");
    if (data.labels.length === 1) return classes;
    const hidden = data.hidden ? [h("span", { class: "lep-sub" }, `${data.hidden} less important columns not drawn`)] : [];
    return [rows, column, ...classes, this.showRows, ramp, ...hidden];
  }

  private fillChoice(): void {
    const labels = this.data?.labels ?? [];
    if (this.choice.options.length > labels.length) return;
    this.choice.replaceChildren(h("option", { value: "" }, "choose a row …"), ...labels.map((words, i) => h("option", { value: String(i) }, words)));
    this.choice.value = this.chosen === null ? "" : String(this.chosen);
  }

  private stateIs(state: State): void {
    this.source.kernelIs(state);
    for (const one of [this.choice, this.column, this.output]) one.disabled = state === "lost";
    this.detail.allow(state !== "lost");
  }

  private setCode(code: string): void {
    this.code = code;
    // A lasso of thousands of rows is a long line: all of it is copied, its beginning is shown.
    this.python.textContent = code.length > 300 ? `${code.slice(0, 300)} …` : code;
  }

  private say(words: string): void {
    this.said.textContent = words;
  }
}

export default { render };
