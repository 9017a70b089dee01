// Elements from names, attributes and children. Text always becomes a text node, never markup.

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;
type Child = Node | string | number | null | undefined | Child[];

const SVG = "http://www.w3.org/2000/svg";

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value as unknown as EventListener);
    else node.setAttribute(name, value === true ? "" : typeof value === "number" ? coordinate(value) : clean(value));
  }
  append(node, children);
}

function append(node: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined) continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : clean(String(child)));
  }
}

/** Without direction overrides and control characters, which could disguise a value. */
export function clean(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** A number for an attribute, with two decimals at most. */
export function coordinate(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : "0";
}

/** An HTML element; function attributes are event listeners. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}

/** An SVG element. */
export function s(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const node = document.createElementNS(SVG, name) as SVGElement;
  fill(node, attributes, children);
  return node;
}

/** A drawing of a fixed coordinate system that shrinks with its place. */
export function drawing(width: number, height: number, label: string, ...children: Child[]): SVGElement {
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...children);
}

export function text(x: number, y: number, words: string, kind = "", anchor = "start"): SVGElement {
  return s("text", { x, y, class: kind || null, "text-anchor": anchor }, words);
}

export function line(x1: number, y1: number, x2: number, y2: number, kind = "grid"): SVGElement {
  return s("line", { x1, y1, x2, y2, class: kind });
}

const CHARACTER = 6.3;

/** Words cut with an ellipsis to a width in pixels; the whole of them shows on hover. */
export function label(x: number, y: number, words: string, width: number, kind = "", anchor = "start"): SVGElement {
  const room = Math.max(3, Math.floor(width / CHARACTER));
  const letters = [...clean(words)];
  const cut = letters.length > room;
  const node = text(x, y, cut ? letters.slice(0, room - 1).join("").trimEnd() + "…" : letters.join(""), kind, anchor);
  if (cut) node.prepend(s("title", {}, words));
  return node;
}

/** How wide words are, roughly. */
export function widthOf(words: string): number {
  return [...words].length * CHARACTER;
}
