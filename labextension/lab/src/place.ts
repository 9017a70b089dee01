/** What the sidebar knows of columns, models and runs, in the words it shows. */
import { h } from "../../panels/src/dom";
import { metric, number, seconds } from "../../panels/src/format";
import type { Frame, Model, Run, TrainForm } from "./messages";

/** Rows by columns. */
export function size(frame: Pick<Frame, "rows" | "columns">): string {
  return `${frame.rows.toLocaleString("en-US")} × ${number(frame.columns)}`;
}

/** What a model predicts, and how well. */
export function aboutModel(model: Model): string {
  const score = model.score === null ? "" : `${label(model.metric)} ${metric(model.score)}`;
  return [model.target, model.task, score].filter(Boolean).join(" · ");
}

/** Where a run stands. */
export function aboutRun(run: Run): string {
  const score = run.score === null ? "" : `${label(run.metric)} ${metric(run.score)}`;
  return [run.status, score, run.seconds ? seconds(run.seconds) : ""].filter(Boolean).join(" · ");
}

/** A sign beside the word of a state, so that colour is never alone. */
export function sign(status: string): string {
  return { running: "▶", done: "✓", stopped: "■", failed: "✕", killed: "✕", damaged: "✕" }[status] ?? "•";
}

/** `log_loss` as people write it. */
export function label(name: string): string {
  return name.length <= 4 && !name.includes("_") ? name.toUpperCase() : name.replaceAll("_", " ");
}

/** The columns of a form in two groups: those that are often the target, and all others in their order. */
export function targets(form: TrainForm): { likely: string[]; others: string[] } {
  const likely = new Set(form.likely);
  return { likely: form.likely, others: form.columns.map((column) => column.name).filter((name) => !likely.has(name)) };
}

/** The text of `--split`; empty where the choice still needs its column. */
export function splitOf(kind: string, column: string): string {
  if (kind !== "group" && kind !== "time") return kind;
  return column ? `${kind}:${column}` : "";
}

/** A line of code that breaks between its words only, never after the dashes of a flag. */
export function codeWords(code: string): (HTMLElement | string)[] {
  return code.split(/( +|\n)/).map((part) => (part.trim() ? h("span", { class: "lepton-word" }, part) : part));
}
