import { Dialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";

import { h } from "../../panels/src/dom";
import type { Choice, TrainForm } from "./messages";
import { codeWords, size, splitOf, targets } from "./place";
import { Throttle } from "./throttle";

type Writer = (choice: Choice) => Promise<string>;

/** The form that trains on a frame: target, task, budget, split, name; below it the line that it writes. */
export class TrainFormBody extends Widget implements Dialog.IBodyWidget<Choice> {
  private readonly target: HTMLSelectElement;
  private readonly task: HTMLSelectElement;
  private readonly event: HTMLSelectElement;
  private readonly split: HTMLSelectElement;
  private readonly by: HTMLSelectElement;
  private readonly budget: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly line = h("code", { class: "lepton-Form-line" });
  private readonly trouble = h("p", { class: "lepton-Form-trouble", role: "alert" });
  private readonly preview = new Throttle(() => void this.write(), 120);

  constructor(
    private readonly form: TrainForm,
    budget: string,
    private readonly writer: Writer,
  ) {
    super({ node: h("div", { class: "lepton-Form" }) });
    const { likely, others } = targets(form);
    const names = form.columns.map((column) => column.name);
    this.target = h("select", {}, group("Likely", likely), group("Columns", others));
    this.task = select([["", "told from the target"], ...form.tasks.map((task): Option => [task, task])]);
    this.event = select([["", "choose a column"], ...names.map((name): Option => [name, name])]);
    this.split = select(SPLITS);
    this.by = select([["", "choose a column"], ...names.map((name): Option => [name, name])]);
    this.budget = h("input", { type: "text", value: budget, placeholder: "until it no longer helps", spellcheck: "false" });
    this.to = h("input", { type: "text", value: form.to, spellcheck: "false" });
    this.node.append(
      h("p", { class: "lepton-Form-frame" }, `${form.frame} · ${size({ rows: form.rows, columns: names.length + form.hidden })}`),
      this.field("Target", this.target, form.hidden ? `${form.hidden} more columns are not listed` : ""),
      this.field("Task", this.task),
      this.field("Event", this.event, "true or 1 where it happened by then"),
      this.field("Budget", this.budget, "60s, 5m, 1h30m; empty: as long as it helps"),
      this.field("Split", this.split),
      this.field("Split by", this.by),
      this.field("Model's name", this.to),
      h("p", { class: "lepton-Form-written" }, "Writes the cell"),
      this.line,
      this.trouble,
    );
    this.node.addEventListener("input", () => this.onInput());
    this.onInput();
  }

  /** The choices, as they stand. */
  getValue(): Choice {
    return {
      verb: "train",
      words: [this.form.frame],
      options: {
        target: this.target.value,
        task: this.task.value,
        event: this.task.value === "survival" ? this.event.value : "",
        budget: this.budget.value.trim(),
        split: splitOf(this.split.value, this.by.value),
      },
      to: this.to.value.trim(),
    };
  }

  override dispose(): void {
    this.preview.drop();
    super.dispose();
  }

  private field(words: string, control: HTMLElement, hint = ""): HTMLElement {
    const name = words.toLowerCase().replace(/\W+/g, "-");
    control.setAttribute("name", name);
    return h("label", { class: "lepton-Form-field", "data-field": name }, h("span", {}, words), control, hint ? h("small", {}, hint) : null);
  }

  private onInput(): void {
    this.reveal("event", this.task.value === "survival");
    this.reveal("split-by", this.split.value === "group" || this.split.value === "time");
    this.preview.ask();
  }

  private reveal(field: string, shown: boolean): void {
    const found = this.node.querySelector<HTMLElement>(`[data-field="${field}"]`);
    if (found) found.hidden = !shown;
  }

  private async write(): Promise<void> {
    try {
      this.line.replaceChildren(...codeWords(await this.writer(this.getValue())));
      this.trouble.textContent = "";
    } catch (error) {
      this.trouble.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}

type Option = [value: string, words: string];

const SPLITS: Option[] = [
  ["", "as the target asks"],
  ["random", "random"],
  ["stratified", "stratified by the target"],
  ["group", "by groups: one never on both sides"],
  ["time", "by time: the latest held out"],
];

function select(options: Option[]): HTMLSelectElement {
  return h("select", {}, ...options.map(([value, words]) => option(value, words)));
}

function group(words: string, names: string[]): HTMLElement | null {
  return names.length ? h("optgroup", { label: words }, ...names.map((name) => option(name, name))) : null;
}

function option(value: string, words: string): HTMLOptionElement {
  const made = h("option", {}, words);
  made.value = value; // as it is: what is shown goes without direction marks, which could disguise it
  return made;
}
