// The theme's colours for canvases, read from the style sheet the pictures use too; and when they change.

import type { Cleanup } from "./host.ts";

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  axis: string;
  paper: string;
  up: string;
  down: string;
  mid: string;
  other: string;
  third: string;
  fourth: string;
}

export function colours(el: HTMLElement): Colours {
  const style = getComputedStyle(el);
  const read = (name: string, fallback: string) => style.getPropertyValue(`--lep-${name}`).trim() || fallback;
  return {
    ink: read("ink", "#1c2024"),
    soft: read("soft", "#60646c"),
    line: read("line", "#dfe3e8"),
    axis: read("axis", "#aab1ba"),
    paper: read("paper", "#ffffff"),
    up: read("up", "#d1601f"),
    down: read("down", "#2166ac"),
    mid: read("mid", "#9a93a3"),
    other: read("other", "#7d8590"),
    third: read("third", "#8a5aa8"),
    fourth: read("fourth", "#1b7f5c"),
  };
}

/** Call back when JupyterLab's theme or the system's scheme changes. */
export function onThemeChange(changed: () => void): Cleanup {
  const later = () => requestAnimationFrame(() => requestAnimationFrame(changed));
  const observer = new MutationObserver(later);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"],
  });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", later);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", later);
  };
}

/** Red, green and blue of a colour as our style sheet and `mix` write it. */
export function channels(colour: string): [number, number, number] {
  const parts = /^rgb\((\d+),\s*(\d+),\s*(\d+)\)$/.exec(colour);
  if (parts) return [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (!hex) return [128, 128, 128];
  const n = parseInt(hex[1]!, 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** A colour between two, `share` of the way. */
export function mix(from: string, to: string, share: number): string {
  const a = channels(from);
  const b = channels(to);
  return `rgb(${a.map((v, i) => Math.round(v + (b[i]! - v) * share)).join(",")})`;
}

/** The colour of a value by how high it is among the others, 0..1: blue, grey, orange. */
export function heightColour(height: number, theme: Colours): string {
  return height < 0.5 ? mix(theme.down, theme.mid, height * 2) : mix(theme.mid, theme.up, height * 2 - 1);
}
