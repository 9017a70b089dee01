// One control a column, over its curve: a slider with a number, a choice, or a date. Values as the user wrote them.

import { dayAt, placeOf, type Points } from "./curves_read.ts";
import { clean, h } from "./dom.ts";
import { objectPicture, type Picture } from "./object_picture.ts";
import { Strip } from "./strip.ts";

export interface Column {
  name: string;
  kind: "numeric" | "category" | "boolean" | "datetime" | "text" | "object" | "items";
  low: number | null;
  high: number | null;
  step: number;
  categories: { value: string | number | boolean; shown: string }[];
  value: Value;
  nullable: boolean;
  curve?: Points;
  /** Of images and series: each value's picture. */
  pictures?: Record<string, Picture | null>;
}

export type Value = string | number | boolean | null;

export interface Control {
  column: Column;
  node: HTMLElement;
  strip: Strip;
  value(): Value;
  set(value: Value): void;
  locked(): boolean;
  lock(on: boolean): void;
}

/** `moved` is called while a value moves, `released` when it has come to rest, `locked` when a lock is turned. */
export type Heard = { moved: () => void; released: () => void; locked: () => void };

/** The part of a control that differs from kind to kind: inputs beside the name, and what lies over the strip. */
interface Inputs {
  beside: HTMLElement[];
  over: HTMLElement | null;
  value(): Value;
  set(value: Value): void;
}

const MANY = 200;
const SUGGESTED = 60;
/** After the last letter of a text: by then its writer waits for an answer. */
const PAUSE_MS = 500;

export function control(column: Column, heard: Heard): Control {
  const strip = new Strip(column.curve, ...ends(column));
  const inner = makers[column.kind](column, strip, heard);
  const inputs = column.nullable && (column.kind === "numeric" || column.kind === "datetime") ? withMissing(column, inner, heard) : inner;
  const lock = lockButton(column);
  if (inputs.over) strip.node.append(inputs.over);
  else if (column.curve) pickOnStrip(column, strip, inputs, heard);
  const head = h("div", { class: "lep-control-head" }, lock, h("span", { class: "lep-control-name", title: column.name }, column.name));
  const node = h("div", { class: "lep-control" }, h("div", { class: "lep-control-side" }, head, h("div", { class: "lep-control-inputs" }, ...inputs.beside)), strip.node);
  const isLocked = () => lock.getAttribute("aria-pressed") === "true";
  const turn = (on: boolean) => {
    lock.setAttribute("aria-pressed", String(on));
    node.classList.toggle("locked", on);
  };
  lock.addEventListener("click", () => (turn(!isLocked()), heard.locked()));
  return { column, node, strip, value: inputs.value, set: inputs.set, locked: isLocked, lock: turn };
}

/** The values at the ends of a column's strip: those of its curve, and the row's own. */
function ends(column: Column): [number, number] {
  if (column.curve && !column.curve.ordered) return [0, Math.max(column.curve.points.length - 1, 0)];
  const own = placeOf(column, column.value);
  const low = column.curve?.from ?? column.low ?? own ?? 0;
  const high = column.curve?.to ?? column.high ?? own ?? 1;
  return own === null ? [low, high] : [Math.min(low, own), Math.max(high, own)];
}

const makers: Record<Column["kind"], (column: Column, strip: Strip, heard: Heard) => Inputs> = {
  numeric: slider,
  category: (column, _strip, heard) => (column.categories.length > MANY ? search(column, heard) : select(column, heard)),
  boolean: (column, _strip, heard) => select(column, heard),
  datetime: date,
  text: (column, _strip, heard) => writing(column, heard, "missing"),
  object: (column, _strip, heard) => object(column, heard),
  items: (column, _strip, heard) => writing(column, heard, "none; one item a line"),
};

function lockButton(column: Column): HTMLElement {
  const words = `keep ${column.name} as it is when looking for ways to a goal`;
  return h("button", { type: "button", class: "lep-lock", "aria-pressed": "false", "aria-label": words, title: words });
}

/** A slider from end to end of the strip; arrow keys move it by the column's own step. */
function range(column: Column, strip: Strip, step: number, moved: (place: number) => void, released: () => void): HTMLInputElement {
  const limits = { min: String(strip.from), max: String(strip.to) };
  const node = h("input", { type: "range", class: "lep-range", ...limits, step: "any", "aria-label": column.name });
  node.addEventListener("input", () => moved(Number(node.value)));
  node.addEventListener("change", released);
  node.addEventListener("keydown", (event) => {
    const by: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    event.stopPropagation();
    const steps = by[event.key];
    if (!steps) return;
    event.preventDefault();
    const next = Number((Number(node.value) + steps * step).toPrecision(12));
    moved(Math.min(strip.to, Math.max(strip.from, next)));
    released();
  });
  return node;
}

function slider(column: Column, strip: Strip, heard: Heard): Inputs {
  let now = typeof column.value === "number" ? column.value : (strip.from + strip.to) / 2;
  const box = h("input", { type: "number", step: "any", class: "lep-number", "aria-label": `${column.name}, exact` });
  const show = () => {
    node.value = String(now);
    node.setAttribute("aria-valuetext", String(now));
    box.value = String(Number(now.toPrecision(8))); // a mean of seven days has seventeen digits
  };
  const move = (place: number) => {
    now = snap(place, column.step, strip);
    show();
    heard.moved();
  };
  const node = range(column, strip, column.step, move, heard.released);
  // The number box takes any number, beyond the range of the known rows too; the slider stays inside.
  box.addEventListener("change", () => {
    if (box.value !== "" && Number.isFinite(Number(box.value))) now = Number(box.value);
    show();
    heard.released();
  });
  box.addEventListener("keydown", (event) => event.stopPropagation());
  show();
  return { beside: [box], over: node, value: () => now, set: (value) => ((now = Number(value ?? now)), show()) };
}

/** The nearest multiple of a step; the ends of the strip stay what they are. */
export function snap(place: number, step: number, { from, to }: { from: number; to: number }): number {
  if (place <= from || place >= to) return place <= from ? from : to;
  return Number.isInteger(step) ? Math.round(place) : Number((Math.round(place / step) * step).toPrecision(12));
}

function select(column: Column, heard: Heard): Inputs {
  const missing = column.nullable || column.value === null ? [h("option", { value: "-1" }, "missing")] : [];
  const known = column.categories.length || column.kind !== "boolean" ? column.categories : [false, true].map((value) => ({ value, shown: String(value) }));
  const options = known.map((one, i) => h("option", { value: String(i) }, one.shown));
  const node = h("select", { "aria-label": column.name }, ...options, ...missing);
  const set = (value: Value) => (node.value = String(known.findIndex((one) => one.value === value)));
  node.addEventListener("change", () => heard.released());
  set(column.value);
  return { beside: [node], over: null, value: () => known[Number(node.value)]?.value ?? null, set };
}

/** An image or a series: a choice among this row's and those of others, with its picture. */
function object(column: Column, heard: Heard): Inputs {
  const inner = select(column, heard);
  const place = h("div", { class: "lep-object" });
  const show = () => {
    const one = inner.value();
    place.replaceChildren(objectPicture(column.name, one === null ? null : (column.pictures?.[String(one)] ?? null)));
  };
  inner.beside[0]!.addEventListener("change", show);
  show();
  return { ...inner, beside: [...inner.beside, place], set: (value) => (inner.set(value), show()) };
}

/** A choice of very many: what is typed is looked for in all of them, whatever their case. */
function search(column: Column, heard: Heard): Inputs {
  const list = h("datalist", { id: `lep-${Math.random().toString(36).slice(2)}` });
  const words = column.categories.map((one) => clean(one.shown));
  const suggest = () => list.replaceChildren(...matches(words, box.value).map((one) => h("option", { value: one })));
  const box = h("input", { type: "search", class: "lep-words", list: list.id, "aria-label": `${column.name}, one of ${words.length}`, title: `one of ${words.length}: type to search` });
  const read = (): Value => (box.value === "" ? null : (column.categories[words.indexOf(box.value)]?.value ?? box.value));
  const set = (value: Value) => (box.value = clean(column.categories.find((one) => one.value === value)?.shown ?? String(value ?? "")));
  box.addEventListener("input", suggest);
  box.addEventListener("focus", suggest);
  box.addEventListener("change", () => heard.released());
  box.addEventListener("keydown", (event) => event.stopPropagation());
  set(column.value);
  return { beside: [box, list], over: null, value: read, set };
}

/** A text, as long as it may be: heard when its writer pauses, leaves it, or presses Control and Enter. Nothing but spaces is a missing one. */
function writing(column: Column, heard: Heard, placeholder: string): Inputs {
  const box = h("textarea", { class: "lep-text", rows: column.kind === "items" ? "5" : "3", "aria-label": column.name, placeholder, title: "Control and Enter asks the model" });
  const read = (): Value => (box.value.trim() === "" ? null : box.value === clean(String(column.value ?? "")) ? column.value : box.value);
  const set = (value: Value) => (box.value = clean(String(value ?? "")));
  let told = "";
  const tell = () => {
    if (box.value === told) return;
    told = box.value;
    heard.released();
  };
  let pause = 0;
  box.addEventListener("change", tell);
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = window.setTimeout(tell, PAUSE_MS);
  });
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) tell();
  });
  set(column.value);
  told = box.value;
  return { beside: [box], over: null, value: read, set: (value) => (clearTimeout(pause), (told = set(value))) };
}

/** The words that hold what was typed, those that begin with it first. */
export function matches(words: string[], typed: string, atMost = SUGGESTED): string[] {
  const wanted = typed.toLowerCase();
  const first: string[] = [];
  const later: string[] = [];
  for (const one of words) {
    const at = one.toLowerCase().indexOf(wanted);
    if (at === 0) first.push(one);
    else if (at > 0 && later.length < atMost) later.push(one);
    if (first.length >= atMost) break;
  }
  return [...first, ...later].slice(0, atMost);
}

function date(column: Column, strip: Strip, heard: Heard): Inputs {
  const box = h("input", { type: "date", "aria-label": `${column.name}, exact` });
  const day = (value: Value) => String(value ?? "").slice(0, 10);
  let now = column.value;
  const show = () => {
    const place = placeOf(column, now);
    box.value = day(now);
    if (place !== null) node.value = String(place);
    node.setAttribute("aria-valuetext", day(now));
  };
  // The row's own value may carry a time of day, which is kept until another day is chosen.
  const choose = (text: string) => (now = text === day(column.value) ? column.value : text || null);
  const node = range(column, strip, 1, (place) => (choose(dayAt(place)), show(), heard.moved()), heard.released);
  box.addEventListener("change", () => (choose(box.value), show(), heard.released()));
  box.addEventListener("keydown", (event) => event.stopPropagation());
  show();
  return { beside: [box], over: node, value: () => now, set: (value) => ((now = value), show()) };
}

/** Categories can be chosen on the strip too; the list beside the name does the same for the keyboard. */
function pickOnStrip(column: Column, strip: Strip, inputs: Inputs, heard: Heard): void {
  strip.node.classList.add("lep-pick");
  strip.node.addEventListener("click", (event) => {
    const value = column.curve!.points[Math.round(strip.placeAt(event.clientX))];
    if (value === undefined || value === inputs.value()) return;
    inputs.set(value);
    heard.released();
  });
}

function withMissing(column: Column, made: Inputs, heard: Heard): Inputs {
  const box = h("input", { type: "checkbox", "aria-label": `${column.name} is missing` });
  const inputs = [...made.beside, made.over].filter((one): one is HTMLInputElement => one instanceof HTMLInputElement);
  const show = () => inputs.forEach((input) => (input.disabled = box.checked));
  box.checked = column.value === null;
  box.addEventListener("change", () => (show(), heard.released()));
  show();
  return {
    beside: [...made.beside, h("label", { class: "lep-missing", title: `${column.name} is missing` }, box, "missing")],
    over: made.over,
    value: () => (box.checked ? null : made.value()),
    set: (value) => {
      box.checked = value === null;
      if (value !== null) made.set(value);
      show();
    },
  };
}
