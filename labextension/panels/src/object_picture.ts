// One object of a column, small: an image, or the lines of a series, one above the other.

import { h, s } from "./dom.ts";

export type Picture =
  | { kind: "image"; url: string; height: number; width: number }
  | { kind: "series"; lines: (number | null)[][]; steps: number; more: number };

const SIDE = 96;
const WIDE = 200;
const HIGH = 96;

export function objectPicture(name: string, picture: Picture | null): HTMLElement {
  if (!picture) return h("div", { class: "lep-sub" }, "there is none");
  if (picture.kind === "image") {
    const zoom = SIDE / Math.max(picture.height, picture.width);
    return h("img", { src: picture.url, alt: `${name}, ${picture.width} × ${picture.height} points`, width: Math.round(picture.width * zoom), height: Math.round(picture.height * zoom), class: "lep-points" });
  }
  const words = `${picture.steps.toLocaleString("en")} steps${picture.more ? `, ${picture.more} more channels` : ""}`;
  return h("div", {}, lines(name, picture.lines), h("div", { class: "lep-sub" }, words));
}

/** A line a channel, each between its own ends; interrupted where there is no number. */
export function paths(lines: (number | null)[][], width: number, height: number): string[] {
  const tall = height / lines.length;
  return lines.map((line, k) => {
    const step = width / Math.max(1, line.length - 1);
    let pen = "M";
    return line.map((share, i) => {
      if (share === null) return (pen = "M"), "";
      const at = `${pen}${(i * step).toFixed(1)} ${(tall * (k + 1) - 1 - share * (tall - 2)).toFixed(1)}`;
      pen = "L";
      return at;
    }).join("");
  });
}

function lines(name: string, values: (number | null)[][]): SVGElement {
  const label = `${name}: ${values.length === 1 ? "a line" : `${values.length} lines`}`;
  return s("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, width: WIDE, height: HIGH, role: "img", "aria-label": label }, paths(values, WIDE, HIGH).map((d) => s("path", { d, class: "thin s-main" })));
}
