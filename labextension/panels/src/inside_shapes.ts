// The object of one row under the colours of its parts: an image, the strips of a series, or a text. Drawn as in
// pictures/inside_image.py, inside_series.py and inside_text.py; each part is an element with `data-part`.

import { drawing, h, label, line, s, text } from "./dom.ts";
import { number, signed } from "./format.ts";
import { extent, scale, ticks } from "./scale.ts";

export interface Part {
  part: number;
  name: string;
  shown: string;
  value: number;
  half: number;
  /** Those that all values of the object are written with. */
  decimals: number;
}

interface ImageShapes {
  image: string;
  hidden: string;
  height: number;
  width: number;
  paths: string[];
  points: [number, number][];
}

interface SeriesShapes {
  steps: number;
  at: number[];
  signals: (number | null)[][];
  baselines: (number | null)[][];
  fields: [part: number, from: number, to: number][][];
}

interface TextShapes {
  pieces: [words: string, part: number | null][];
}

export interface Drawn {
  kind: string;
  column: string;
  channels: string[];
  parts: Part[];
  shapes: ImageShapes | SeriesShapes | TextShapes;
}

const LABELS = 5;
const WORTH_A_NUMBER = 0.25;
const CHANNELS = 24;

/** What a pointer over a part is told. */
export function wordsOf(part: Part): string {
  return `${part.name}: ${signed(part.value, part.decimals + 1)}${part.half ? ` ± ${number(part.half, 2)}` : ""}`;
}

/** A part's value as it is written beside others. */
export function effectOf(part: Part): string {
  return signed(part.value, part.decimals);
}

/** How strong each part is beside the strongest, by its number. */
export function sharesOf(parts: Part[]): Map<number, number> {
  const largest = Math.max(...parts.map((one) => Math.abs(one.value)), 1e-300);
  return new Map(parts.map((one) => [one.part, Math.abs(one.value) / largest]));
}

/** Parts that carry their number in the drawing: the strongest, where they are worth one. */
export function labelled(parts: Part[]): Part[] {
  const shares = sharesOf(parts);
  return parts.slice(0, LABELS).filter((one) => shares.get(one.part)! > 0.1);
}

/** The drawing for a width; `hidden` shows the baseline instead of the object. */
export function draw(told: Drawn, width: number, hidden: boolean): Element {
  if (told.kind === "image") return image(told, told.shapes as ImageShapes, width, hidden);
  if (told.kind === "series") return series(told, told.shapes as SeriesShapes, width, hidden);
  return words(told, told.shapes as TextShapes);
}

function attributes(part: Part, share: number): Record<string, string | number> {
  return { class: `lep-piece ${part.value >= 0 ? "up" : "down"}`, "data-part": part.part, style: `--share:${share.toFixed(3)}` };
}

function strongest(told: Drawn): string {
  return told.parts.slice(0, 3).map(wordsOf).join("; ");
}

function image(told: Drawn, shapes: ImageShapes, width: number, hidden: boolean): Element {
  const zoom = Math.min(width, 380) / Math.max(shapes.width, shapes.height);
  const shares = sharesOf(told.parts);
  const picture = s("image", { href: hidden ? shapes.hidden : shapes.image, width: shapes.width, height: shapes.height, class: "lep-points" });
  const pieces = [...told.parts].reverse().map((one) => s("path", { ...attributes(one, shares.get(one.part)!), d: shapes.paths[one.part]!, "fill-rule": "evenodd" }));
  const [across, down] = [shapes.width * zoom, shapes.height * zoom];
  const numbers = labelled(told.parts).map((one) => {
    const [x, y] = shapes.points[one.part]!;
    return text(Math.min(Math.max(x * zoom, 20), across - 20), Math.min(Math.max(y * zoom + 4, 12), down - 4), effectOf(one), "b lep-on-image", "middle");
  });
  return drawing(across, down, `${told.column} with its parts: ${strongest(told)}`, s("g", { transform: `scale(${zoom})` }, picture, pieces), s("g", { class: "lep-numbers" }, numbers));
}

/** The channels that did most, in their own order. */
export function drawnChannels(fields: [number, number, number][][], parts: Part[]): number[] {
  const shares = sharesOf(parts);
  const strength = fields.map((runs) => Math.max(0, ...runs.map(([part]) => shares.get(part) ?? 0)));
  return strength.map((_, k) => k).sort((a, b) => strength[b]! - strength[a]! || a - b).slice(0, CHANNELS).sort((a, b) => a - b);
}

function series(told: Drawn, shapes: SeriesShapes, width: number, hidden: boolean): Element {
  const channels = drawnChannels(shapes.fields, told.parts);
  const left = width < 560 ? 72 : 92;
  const tall = Math.min(120, Math.max(26, 280 / channels.length));
  const x = scale(0, shapes.steps, left, width - 8);
  const shares = sharesOf(told.parts);
  const of = new Map(told.parts.map((one) => [one.part, one]));
  const named = new Set(labelled(told.parts).map((one) => one.part));
  const strips = channels.map((channel, place) => {
    const top = place * (tall + 6) + 2;
    const fields = shapes.fields[channel]!.map(([part, a, b]) => s("rect", { ...attributes(of.get(part)!, shares.get(part)!), x: x(a), y: top, width: x(b) - x(a), height: tall }));
    const numbers = shapes.fields[channel]!.filter(([part]) => named.delete(part)).map(([part, a, b]) => text(x((a + b) / 2), top + 12, effectOf(of.get(part)!), "b halo", "middle"));
    return [fields, signal(shapes, channel, x, top, tall, hidden), label(left - 8, top + tall / 2 + 4, told.channels[channel]!, left - 10, "s", "end"), s("g", { class: "lep-numbers" }, numbers)];
  });
  const floor = channels.length * (tall + 6);
  const marks = ticks(1, shapes.steps, Math.max(2, Math.floor(width / 110))).filter((step) => step >= 1 && Number.isInteger(step));
  return drawing(
    width, floor + 34, `${told.column} with its stretches: ${strongest(told)}`, strips, line(x.start, floor, x.end, floor, "axis"),
    marks.map((step) => text(x(step - 0.5), floor + 14, number(step), "s", "middle")), text((x.start + x.end) / 2, floor + 29, "step", "s", "middle"),
  );
}

/** A channel's line and its baseline's, dashed; the one that is not looked at is faint. */
function signal(shapes: SeriesShapes, channel: number, x: (v: number) => number, top: number, tall: number, hidden: boolean): SVGElement {
  const both = [shapes.baselines[channel]!, shapes.signals[channel]!];
  const y = scale(...extent(both.flat().filter((v): v is number => v !== null), 0.08), top + tall, top);
  const path = (values: (number | null)[]) => values.flatMap((v, i) => (v === null ? [] : [`${x(shapes.at[i]! + 0.5).toFixed(1)} ${y(v).toFixed(1)}`])).join("L");
  const kinds = hidden ? ["line thin s-ink", "dash"] : ["dash", "line thin s-ink"];
  return s("g", { class: "lep-signal" }, both.map((values, k) => (path(values) ? s("path", { d: `M${path(values)}`, class: kinds[k]! }) : null)));
}

function words(told: Drawn, shapes: TextShapes): Element {
  const shares = sharesOf(told.parts);
  const of = new Map(told.parts.map((one) => [one.part, one]));
  const pieces = shapes.pieces.map(([said, part]) => {
    if (part === null) return said;
    const one = of.get(part)!;
    const worth = shares.get(part)! > WORTH_A_NUMBER ? h("sub", { class: "lep-numbers" }, effectOf(one)) : null;
    return h("span", { ...attributes(one, shares.get(part)!), class: `lep-word ${one.value >= 0 ? "up" : "down"}` }, said, worth);
  });
  return h("div", { class: "lep-text", role: "group", "aria-label": `${told.column}: ${strongest(told)}` }, pieces);
}
