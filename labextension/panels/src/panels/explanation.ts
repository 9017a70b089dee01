// The explanation panel: importance with intervals, a beeswarm on a canvas, and the waterfall of a chosen row.

import { nearest, paint, stack, type Dots } from "../beeswarm.ts";
import { copyButton } from "../code.ts";
import { h } from "../dom.ts";
import { signed } from "../format.ts";
import { hear, takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { frame, layout, ROW, TOP, type Feature, type Layout } from "../importance.ts";
import { colours, onThemeChange } from "../theme.ts";
import { waterfall, type Waterfall } from "../waterfall.ts";

interface Column extends Feature {
  texts: string[];
}

/** What the kernel sends on request: rows never travel as synced state. */
interface Data {
  columns: Column[];
  labels: string[];
  outputs: string[];
  output: number;
  unit: string;
  note: string;
  hidden: number;
  values: Float32Array; // (feature, row)
  shades: Uint8Array; // (feature, row)
  codes: Uint32Array; // (feature, row): position in the column's texts
}

interface Row extends Waterfall {
  row: number;
  label: string;
  code: string;
}

/** The arrays of a message: a copy, since a typed array wants its bytes aligned. */
function array<T>(type: new (buffer: ArrayBuffer) => T, view: DataView | undefined): T {
  if (!view) return new type(new ArrayBuffer(0));
  return new type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}

/** The dots of every feature, in the coordinates of the drawing. */
export function placeDots(data: Pick<Data, "columns" | "labels" | "values" | "shades">, at: Layout): Dots[] {
  const n = data.labels.length;
  return data.columns.map((_, j) => {
    const xs = data.values.subarray(j * n, (j + 1) * n).map((v) => at.dots(v));
    return { xs, ys: stack(xs, TOP + ROW * (j + 0.5), ROW / 2 - 4), shades: data.shades.subarray(j * n, (j + 1) * n) };
  });
}

function render({ model, el }: View): Cleanup {
  el.classList.add("lepton", "lepton-panel");
  let data: Data | null = null;
  let dots: Dots[] = [];
  let at: Layout | null = null;
  let chosen: number | null = null;
  let hovered: { feature: number; row: number } | null = null;
  let code = String(model.get("code"));
  let twin: Cleanup | null = null;

  const canvas = h("canvas", { class: "lep-canvas" });
  const tip = h("div", { class: "lep-tip", hidden: true, role: "tooltip" });
  const stage = h("div", {
    class: "lep-stage", tabindex: "0", role: "application", "aria-label":
      "Beeswarm. Left and right arrows choose a row, Home and End the first and the last, Escape closes its waterfall.",
  });
  const choice = h("select", { "aria-label": "row to explain" });
  const output = h("select", { "aria-label": "class" });
  const detail = h("div", { class: "lep-section", "aria-live": "polite" });
  const note = h("div", { class: "lep-sub" });
  const bar = h("div", { class: "lep-tools" });
  el.replaceChildren(h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), note), stage, bar, detail);

  function draw(): void {
    if (!data || stage.hidden) return;
    at = layout(data.columns, data.values, Math.max(520, Math.min(940, el.clientWidth || 860)));
    dots = placeDots(data, at);
    stage.replaceChildren(frame(data.columns, at, data.unit), canvas, tip);
    stage.style.width = `${at.width}px`;
    repaint();
  }

  function repaint(): void {
    if (!at) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = at.width * ratio;
    canvas.height = at.height * ratio;
    canvas.style.width = `${at.width}px`;
    canvas.style.height = `${at.height}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    paint(context, dots, colours(el), chosen);
  }

  function choose(row: number | null): void {
    if (!data || (row !== null && (row < 0 || row >= data.labels.length))) return;
    chosen = row;
    choice.value = row === null ? "" : String(row);
    repaint();
    if (row === null) {
      detail.replaceChildren();
      code = String(model.get("code"));
    } else model.send({ type: "row", row, output: data.output });
  }

  function showRow(row: Row): void {
    if (row.row !== chosen) return; // an answer to an older choice
    code = row.code;
    const width = Math.max(480, Math.min(760, el.clientWidth || 760));
    const head = h("div", { class: "lep-label" }, `Row ${row.label}`, h("span", { class: "lep-sub" }, row.code));
    detail.replaceChildren(...(stage.hidden ? [] : [head]), waterfall(row, width));
  }

  function show(message: Omit<Data, "values" | "shades" | "codes">, buffers: DataView[]): void {
    data = { ...message, values: array(Float32Array, buffers[0]), shades: array(Uint8Array, buffers[1]), codes: array(Uint32Array, buffers[2]) };
    note.textContent = data.note;
    choice.replaceChildren(h("option", { value: "" }, "choose a row …"), ...data.labels.map((words, i) => h("option", { value: String(i) }, words)));
    output.replaceChildren(...data.outputs.map((words, i) => h("option", { value: String(i), selected: i === data!.output }, words)));
    const hidden = data.hidden ? h("span", { class: "lep-sub" }, `${data.hidden} less important columns not drawn`) : null;
    bar.replaceChildren(...controls(hidden));
    twin ??= takeTwinsPlace(el, String(model.get("twin")));
    // A single row has no importance to speak of: its waterfall is the picture.
    const single = data.labels.length === 1;
    stage.hidden = single;
    if (!single) draw();
    if (single) choose(0);
    else if (chosen !== null) choose(chosen);
  }

  function controls(hidden: HTMLElement | null): HTMLElement[] {
    const step = (by: number) => () => choose(chosen === null ? 0 : chosen + by);
    const rows = h(
      "span", { class: "lep-field" }, "Row ", h("button", { type: "button", class: "lep-button", "aria-label": "previous row", click: step(-1) }, "‹"),
      choice, h("button", { type: "button", class: "lep-button", "aria-label": "next row", click: step(1) }, "›"),
    );
    const classes = h("span", { class: "lep-field" }, "Class ", output);
    const key = h("span", { class: "lep-ramp", "aria-hidden": "true" }, "low value", h("i"), "high value");
    if (data!.labels.length === 1) return [...(data!.outputs.length > 1 ? [classes] : []), copyButton(() => code)];
    return [rows, ...(data!.outputs.length > 1 ? [classes] : []), key, ...(hidden ? [hidden] : []), copyButton(() => code)];
  }

  function point(event: PointerEvent | MouseEvent): { feature: number; row: number } | null {
    const box = canvas.getBoundingClientRect();
    if (!at || !box.width) return null;
    const zoom = at.width / box.width;
    return nearest(dots, (event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom);
  }

  function hover(event: PointerEvent): void {
    const found = point(event);
    hovered = found;
    stage.style.cursor = found ? "pointer" : "default";
    tip.hidden = !found;
    if (!found || !data || !at) return;
    const place = found.feature * data.labels.length + found.row;
    const column = data.columns[found.feature]!;
    tip.replaceChildren(
      h("strong", {}, `${column.name} = ${column.texts[data.codes[place]!] ?? ""}`),
      h("div", {}, `effect ${signed(data.values[place]!, 3)} · row ${data.labels[found.row]}`),
    );
    const box = stage.getBoundingClientRect();
    tip.style.left = `${Math.min(event.clientX - box.left + 12, at.width - 220)}px`;
    tip.style.top = `${event.clientY - box.top + 14}px`;
  }

  const keys: Record<string, () => number | null> = {
    ArrowRight: () => (chosen === null ? 0 : chosen + 1),
    ArrowLeft: () => (chosen === null ? 0 : chosen - 1),
    Home: () => 0,
    End: () => (data ? data.labels.length - 1 : 0),
    Escape: () => null,
  };
  stage.addEventListener("pointermove", hover);
  stage.addEventListener("pointerleave", () => (tip.hidden = true));
  stage.addEventListener("click", (event) => {
    // A click's coordinates are rounded, a move's are not: the dot whose words are shown is the one meant.
    const found = tip.hidden ? point(event) : hovered;
    if (found) choose(found.row);
  });
  stage.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows also move between the notebook's cells
    choose(key());
  });
  choice.addEventListener("change", () => choose(choice.value === "" ? null : Number(choice.value)));
  output.addEventListener("change", () => model.send({ type: "ready", output: Number(output.value) }));

  const unhear = hear(model, (content, buffers) => {
    if (content.type === "data") show(content, buffers);
    else if (content.type === "row") showRow(content);
  });
  const unwatch = onThemeChange(repaint);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (Math.abs(el.clientWidth - width) > 2) {
      width = el.clientWidth;
      draw();
    }
  });
  resized.observe(el);
  model.send({ type: "ready" });
  return () => [unhear, unwatch, () => resized.disconnect(), twin].forEach((cleanup) => cleanup?.());
}

export default { render };
