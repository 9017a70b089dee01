// One control a column: a slider with a number, a choice, a checkbox or a date. Values as the user wrote them.

import { clean, h } from "./dom.ts";

export interface Column {
  name: string;
  kind: "numeric" | "category" | "boolean" | "datetime";
  low: number | null;
  high: number | null;
  step: number;
  categories: { value: string | number | boolean; shown: string }[];
  value: Value;
  nullable: boolean;
}

export type Value = string | number | boolean | null;

export interface Control {
  column: Column;
  node: HTMLElement;
  value(): Value;
  set(value: Value): void;
}

/** `moved` is called while a value moves, `released` when it has come to rest. */
export type Heard = { moved: () => void; released: () => void };

const MANY = 200;

export function control(column: Column, heard: Heard): Control {
  const made = makers[column.kind](column, heard);
  return column.nullable && column.kind === "numeric" ? withMissing(made, heard) : made;
}

const makers: Record<Column["kind"], (column: Column, heard: Heard) => Control> = {
  numeric: slider,
  category: (column, heard) => (column.categories.length > MANY ? search(column, heard) : select(column, heard)),
  boolean: (column, heard) => (column.nullable ? select(column, heard) : checkbox(column, heard)),
  datetime: date,
};

function field(column: Column, ...inputs: HTMLElement[]): HTMLElement {
  return h("div", { class: "lep-control" }, h("span", { class: "lep-control-name", title: column.name }, column.name), ...inputs);
}

function slider(column: Column, heard: Heard): Control {
  const low = column.low ?? 0;
  const high = column.high ?? 1;
  const start = typeof column.value === "number" ? column.value : low;
  const limits = { min: String(Math.min(low, start)), max: String(Math.max(high, start)), step: String(column.step) };
  // The number box takes any number, beyond the range of the training rows too; the slider stays inside.
  const range = h("input", { type: "range", ...limits, step: "any", "aria-label": column.name });
  const box = h("input", { type: "number", step: "any", class: "lep-number", "aria-label": `${column.name}, exact` });
  let now = start;
  const show = () => {
    range.value = String(now);
    range.setAttribute("aria-valuetext", String(now));
    box.value = String(now);
  };
  const snap = (raw: number) => (Number.isInteger(column.step) ? Math.round(raw) : Number((Math.round(raw / column.step) * column.step).toPrecision(12)));
  range.addEventListener("input", () => ((now = snap(Number(range.value))), (box.value = String(now)), heard.moved()));
  range.addEventListener("change", () => (show(), heard.released()));
  range.addEventListener("keydown", (event) => arrows(event, () => now, column, limits, (v) => ((now = v), show(), heard.moved(), heard.released())));
  box.addEventListener("change", () => {
    if (box.value !== "" && Number.isFinite(Number(box.value))) now = Number(box.value);
    show();
    heard.released();
  });
  show();
  return { column, node: field(column, range, box), value: () => now, set: (value) => ((now = Number(value ?? low)), show()) };
}

/** A range input with `step=any` moves by hundredths with the arrow keys; ours moves by the column's own step. */
function arrows(
  event: KeyboardEvent, now: () => number, column: Column, limits: { min: string; max: string }, moved: (value: number) => void,
): void {
  const by: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  event.stopPropagation();
  const steps = by[event.key];
  if (!steps) return;
  event.preventDefault();
  const next = Number((now() + steps * column.step).toPrecision(12));
  moved(Math.min(Number(limits.max), Math.max(Number(limits.min), next)));
}

function select(column: Column, heard: Heard): Control {
  const missing = column.nullable || column.value === null ? [h("option", { value: "-1" }, "missing")] : [];
  const options = column.categories.map((one, i) => h("option", { value: String(i) }, one.shown));
  const node = h("select", { "aria-label": column.name }, ...options, ...missing);
  const set = (value: Value) => (node.value = String(column.categories.findIndex((one) => one.value === value)));
  node.addEventListener("change", () => heard.released());
  set(column.value);
  return { column, node: field(column, node), value: () => column.categories[Number(node.value)]?.value ?? null, set };
}

/** A choice of very many: typed, with the most frequent as suggestions. */
function search(column: Column, heard: Heard): Control {
  const list = h("datalist", { id: `lep-${Math.random().toString(36).slice(2)}` });
  list.append(...column.categories.slice(0, MANY).map((one) => h("option", { value: one.shown })));
  const box = h("input", { type: "text", class: "lep-words", list: list.id, "aria-label": column.name });
  const read = (): Value => (box.value === "" ? null : (column.categories.find((one) => clean(one.shown) === box.value)?.value ?? box.value));
  const set = (value: Value) => (box.value = clean(column.categories.find((one) => one.value === value)?.shown ?? String(value ?? "")));
  box.addEventListener("change", () => heard.released());
  set(column.value);
  return { column, node: field(column, box, list), value: read, set };
}

function checkbox(column: Column, heard: Heard): Control {
  // The user's own two values, whatever they are called; a plain boolean column has false and true.
  const yes = column.categories.find((one) => one.value === true)?.value ?? true;
  const no = column.categories.find((one) => one.value === false)?.value ?? false;
  const box = h("input", { type: "checkbox", "aria-label": column.name });
  const set = (value: Value) => (box.checked = value === yes);
  box.addEventListener("change", () => heard.released());
  set(column.value);
  return { column, node: field(column, box), value: () => (box.checked ? yes : no), set };
}

function date(column: Column, heard: Heard): Control {
  const box = h("input", { type: "date", "aria-label": column.name });
  const day = (value: Value) => String(value ?? "").slice(0, 10);
  const set = (value: Value) => (box.value = day(value));
  // The row's own value may carry a time of day, which is kept until another day is chosen.
  const read = () => (box.value === day(column.value) ? column.value : box.value || null);
  box.addEventListener("change", () => heard.released());
  set(column.value);
  return { column, node: field(column, box), value: read, set };
}

function withMissing(made: Control, heard: Heard): Control {
  const box = h("input", { type: "checkbox", "aria-label": `${made.column.name} is missing` });
  const inputs = [...made.node.querySelectorAll("input")];
  const show = () => inputs.forEach((input) => (input.disabled = box.checked));
  box.checked = made.column.value === null;
  box.addEventListener("change", () => (show(), heard.released()));
  made.node.append(h("label", { class: "lep-missing" }, box, "missing"));
  show();
  return {
    ...made,
    value: () => (box.checked ? null : made.value()),
    set: (value) => {
      box.checked = value === null;
      if (value !== null) made.set(value);
      show();
    },
  };
}
