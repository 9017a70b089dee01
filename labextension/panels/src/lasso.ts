// Drawing around dots with the pointer: the line while it is drawn, and what lies inside it.

import { s } from "./dom.ts";
import type { Cleanup } from "./host.ts";

export type Point = [number, number];

/** Whether a point is inside a polygon (even-odd). */
export function inside(polygon: Point[], x: number, y: number): boolean {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]!;
    const [xj, yj] = polygon[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}

/** Positions of the dots inside. */
export function insideOf(polygon: Point[], xs: ArrayLike<number>, ys: ArrayLike<number>): number[] {
  const [left, right] = [Math.min(...polygon.map((p) => p[0])), Math.max(...polygon.map((p) => p[0]))];
  const found: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    if (xs[i]! >= left && xs[i]! <= right && inside(polygon, xs[i]!, ys[i]!)) found.push(i);
  }
  return found;
}

const BEGINS = 5;

/**
 * Let a reader draw around dots on a stage. `at` turns a pointer's place into the drawing's; a press without a way is
 * no lasso but a click, which `drawn` does not hear of.
 */
export function lasso(stage: HTMLElement, at: (event: PointerEvent) => Point | null, drawn: (polygon: Point[]) => void): { busy: () => boolean; cleanup: Cleanup } {
  let points: Point[] = [];
  let path = "";
  let begun = false;
  let ended = 0;
  let shown: SVGElement | null = null;
  const stop = () => {
    shown?.remove();
    shown = null;
    points = [];
    path = "";
    begun = false;
  };
  // The drawing may be shrunk; the line is drawn in the screen's own units.
  const onScreen = (event: PointerEvent) => {
    const box = stage.getBoundingClientRect();
    return `${(event.clientX - box.left).toFixed(1)} ${(event.clientY - box.top).toFixed(1)}`;
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const point = at(event);
    points = point ? [point] : [];
    path = `M${onScreen(event)}`;
  };
  const move = (event: PointerEvent) => {
    if (!points.length) return;
    if (!(event.buttons & 1)) return stop();
    const point = at(event);
    if (!point) return;
    if (!begun && Math.hypot(point[0] - points[0]![0], point[1] - points[0]![1]) < BEGINS) return;
    if (!begun) {
      begun = true;
      stage.setPointerCapture(event.pointerId);
      shown = s("svg", { class: "lep-lasso", "aria-hidden": "true" }, s("path", {}));
      stage.append(shown);
    }
    points.push(point);
    path += `L${onScreen(event)}`;
    shown!.firstElementChild!.setAttribute("d", `${path}Z`);
  };
  const up = () => {
    const polygon = points;
    const was = begun;
    stop();
    if (!was) return;
    ended = performance.now();
    if (polygon.length > 2) drawn(polygon);
  };
  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", stop);
  return {
    // The click that ends a lasso is not one on a dot.
    busy: () => begun || performance.now() - ended < 50,
    cleanup: () => {
      stage.removeEventListener("pointerdown", down);
      stage.removeEventListener("pointermove", move);
      stage.removeEventListener("pointerup", up);
      stage.removeEventListener("pointercancel", stop);
    },
  };
}
