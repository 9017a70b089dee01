// A figure with two axes and shapes in the theme's colours, and a mark on it that moves without drawing anew.

import { drawing, h, label, line, s, text } from "./dom.ts";
import { number, percent } from "./format.ts";
import { scale, ticks, type Scale } from "./scale.ts";

export interface Axis {
  name: string;
  from: number;
  to: number;
  percent?: boolean;
}

export interface Shape {
  shape: "line" | "thin" | "dash" | "dashed" | "dots" | "bars" | "band";
  kind: string;
  xs: number[]; // of bars their edges, one more than bars
  ys: number[];
  sizes?: number[];
  words?: string[];
  name?: string;
}

export interface Spec {
  caption: string;
  sub: string;
  x: Axis;
  y: Axis;
  shapes: Shape[];
  keys?: [string, string][];
  wide?: boolean;
}

export interface Figure {
  node: HTMLElement;
  svg: SVGElement;
  x: Scale;
  y: Scale;
  width: number;
  height: number;
  /** A ring at a point; null hides it. */
  ring(x: number | null, y: number | null): void;
  /** A line from floor to top. */
  rule(x: number | null): void;
}

export const WIDTH = 226;
const HEIGHT = 216;
const TOP = 10;
const BOTTOM = 40;

export function figure(spec: Spec, width = spec.wide ? 1.9 * WIDTH : WIDTH, height = spec.wide ? 240 : HEIGHT): Figure {
  const left = spec.y.percent || Math.abs(spec.y.to) >= 100 ? 60 : 48;
  const x = scale(spec.x.from, spec.x.to, left, width - 10);
  const y = scale(spec.y.from, spec.y.to, height - BOTTOM, TOP);
  const ring = s("circle", { r: 5, class: "lep-ring", visibility: "hidden" });
  const rule = s("line", { y1: TOP, y2: height - BOTTOM, class: "lep-rule", visibility: "hidden" });
  const svg = drawing(width, height, `${spec.caption}: ${spec.y.name} by ${spec.x.name}`, axes(spec, x, y, width, height), spec.shapes.map((shape) => draw(shape, x, y)), rule, ring);
  const sub = spec.sub ? h("span", {}, spec.sub) : null;
  const keys = spec.keys ? h("div", {}, spec.keys.map(([kind, words]) => key(kind, words))) : null;
  const node = h("figure", {}, h("figcaption", {}, spec.caption, sub), svg, keys);
  return {
    node, svg, x, y, width, height,
    ring: (at, to) => place(ring, at === null || to === null ? null : { cx: x(at), cy: y(to) }),
    rule: (at) => place(rule, at === null ? null : { x1: x(at), x2: x(at) }),
  };
}

export function key(kind: string, words: string): HTMLElement {
  return h("span", { class: "lep-key" }, s("svg", { width: 10, height: 10, "aria-hidden": "true" }, s("circle", { cx: 5, cy: 5, r: 4, class: kind })), words);
}

function place(node: SVGElement, at: Record<string, number> | null): void {
  const known = at !== null && Object.values(at).every(Number.isFinite);
  node.setAttribute("visibility", known ? "visible" : "hidden");
  if (known) for (const [name, value] of Object.entries(at)) node.setAttribute(name, value.toFixed(2));
}

function axes(spec: Spec, x: Scale, y: Scale, width: number, height: number): SVGElement[] {
  const floor = height - BOTTOM;
  const words = (axis: Axis, value: number) => (axis.percent ? `${number(100 * value)} %` : number(value, 4));
  // Few enough for numbers of many digits beside one another.
  const most = Math.max(2, Math.min(5, Math.floor((width - 60) / 52)));
  const few = ticks(x.low, x.high, most);
  const along = few.length > 1 ? few : ticks(x.low, x.high, 2 * most); // one number alone is no scale
  return [
    ...ticks(y.low, y.high, 4).flatMap((v) => [line(x.start, y(v), x.end, y(v)), text(x.start - 7, y(v) + 4, words(spec.y, v), "s", "end")]),
    ...along.flatMap((v) => [line(x(v), floor, x(v), floor + 4, "axis"), text(x(v), floor + 16, words(spec.x, v), "s", "middle")]),
    line(x.start, floor, x.end, floor, "axis"),
    label((x.start + x.end) / 2, height - 5, spec.x.name, x.end - x.start + 20, "s", "middle"),
    s("g", { transform: `translate(9 ${(TOP + floor) / 2}) rotate(-90)` }, label(0, 0, spec.y.name, floor - TOP, "s", "middle")),
  ];
}

function draw(shape: Shape, x: Scale, y: Scale): SVGElement | SVGElement[] {
  const points = shape.xs.map((v, i) => `${x(v).toFixed(1)} ${y(shape.ys[i]!).toFixed(1)}`);
  if (shape.shape === "bars") return bars(shape, x, y);
  if (shape.shape === "dots") {
    if (!shape.sizes) return s("path", { d: points.map((p) => `M${p}h0`).join(""), class: `lep-cloud s-${shape.kind}` });
    return shape.xs.map((v, i) => s("circle", { cx: x(v), cy: y(shape.ys[i]!), r: shape.sizes![i]!, class: shape.kind, opacity: "0.8" }, s("title", {}, shape.words?.[i] ?? "")));
  }
  const d = points.length ? `M${points.join("L")}` : "";
  if (shape.shape === "band") return s("path", { d: `${d}Z`, class: shape.kind, opacity: "0.14" });
  if (shape.shape === "dash") return s("path", { d, class: "dash" });
  const kind = shape.shape === "line" ? "line" : "thin";
  return s("path", { d, class: `${kind} s-${shape.kind}`, "stroke-dasharray": shape.shape === "dashed" ? "4 3" : null }, shape.name ? s("title", {}, shape.name) : null);
}

function bars(shape: Shape, x: Scale, y: Scale): SVGElement[] {
  return shape.ys.flatMap((share, i) => {
    if (!share) return [];
    const from = x(shape.xs[i]!) + 0.5;
    const words = `${shape.name ? `${shape.name}: ` : ""}${percent(share, 1)}`;
    return [s("rect", { x: from, y: y(share), width: Math.max(0, x(shape.xs[i + 1]!) - from - 0.5), height: y.start - y(share), class: shape.kind, opacity: "0.5" }, s("title", {}, words))];
  });
}
