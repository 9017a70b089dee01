// The training panel: live curves, best mark, time left, which member learns; a stop button where it is heard.

import { copyButton } from "../code.ts";
import { chart, type Line, type Mark } from "../curves.ts";
import { h } from "../dom.ts";
import { fixed, metric, percent, seconds } from "../format.ts";
import { takeTwinsPlace, watch, type Cleanup, type View } from "../host.ts";

export interface State {
  status: "running" | "stopping" | "done" | "stopped" | "failed";
  stage: string;
  member: string;
  fold: number | null;
  n_folds: number | null;
  epoch: number;
  n_epochs: number;
  step: number;
  metric_name: string;
  metric: number | null;
  best: number | null;
  elapsed_s: number;
  remaining_s: number | null;
  budget_s: number | null;
  compiling: boolean;
  device: string;
  message: string;
  results: { name: string; value: number; low: number | null; high: number | null }[];
}

export interface Curve {
  member: string;
  fold: number | null;
  x: number[];
  train: (number | null)[];
  valid: (number | null)[];
  metric: (number | null)[];
}

const STAGES = ["reading", "linear", "network", "trees", "blend", "done"];
const KINDS: Record<string, string> = { network: "main", trees: "up", linear: "fourth" };

/** "Network, fold 2 of 5, epoch 3.2 of 64, step 150". */
export function where(state: State): string {
  const fold = state.fold === null ? "" : `, fold ${state.fold + 1}${state.n_folds ? ` of ${state.n_folds}` : ""}`;
  const epoch = state.n_epochs > 0 ? `, epoch ${fixed(state.epoch, 1)} of ${fixed(state.n_epochs, 0)}` : "";
  const step = state.step > 0 ? `, step ${fixed(state.step, 0)}` : "";
  return `${state.member || state.stage}${fold}${epoch}${step}`;
}

/** Lines of loss, for the member now learning: validation in its colour, training in grey, earlier folds thin. */
export function lossLines(curves: Curve[], member: string): Line[] {
  const mine = curves.filter((curve) => curve.member === member);
  return mine.flatMap((curve, i) => {
    const last = i === mine.length - 1;
    const fold = curve.fold === null ? "" : `, fold ${curve.fold + 1}`;
    const valid = { name: `validation${fold}`, kind: KINDS[member] ?? "main", faint: !last, xs: curve.x, ys: curve.valid };
    return last ? [{ name: `training${fold}`, kind: "other", faint: true, xs: curve.x, ys: curve.train }, valid] : [valid];
  });
}

/** Lines of the watched metric, over the share of each member's own length. */
export function metricLines(curves: Curve[], member: string): Line[] {
  const mine = curves.filter((curve) => curve.member === member);
  return mine.map((curve, i) => ({
    name: `metric${curve.fold === null ? "" : `, fold ${curve.fold + 1}`}`,
    kind: KINDS[member] ?? "main", faint: i < mine.length - 1, xs: curve.x, ys: curve.metric,
  }));
}

/** The best point of the last line. */
export function bestMark(lines: Line[], higher: boolean): Mark | null {
  const one = lines[lines.length - 1];
  let mark: Mark | null = null;
  one?.ys.forEach((y, i) => {
    if (y !== null && (mark === null || (higher ? y > mark.y : y < mark.y))) mark = { x: one.xs[i]!, y, words: `best ${metric(y)}` };
  });
  return mark;
}

const WORDS: Record<State["status"], string> = {
  running: "running", stopping: "stopping after this chunk", done: "done", stopped: "stopped", failed: "failed",
};

function render({ model, el }: View): Cleanup {
  el.classList.add("lepton", "lepton-panel");
  const state = () => model.get("state") as State;
  const title = h("div", { class: "lep-title" }, String(model.get("title")));
  const chip = h("span", { class: "lep-chip", role: "status" });
  const note = h("span", { class: "lep-sub" });
  const bar = h("div", { class: "lep-bar-done" });
  const budget = h("div", { class: "lep-bar", role: "progressbar", "aria-label": "time used" }, bar);
  const times = h("span", { class: "lep-sub" });
  const kpis = h("div", { class: "lep-kpis" });
  const stages = h("ol", { class: "lep-stages", "aria-label": "stages" });
  const charts = h("div", { class: "lep-row" });
  const stop = h("button", { type: "button", class: "lep-button", click: () => model.send({ type: "stop" }) }, "Stop, keep the best");
  const how = h("span", { class: "lep-sub" });
  const copy = copyButton(() => String(model.get("code")));
  el.replaceChildren(
    h("div", { class: "lep-head" }, title, chip, note),
    h("div", { class: "lep-budget" }, budget, times), stages, kpis, charts,
    h("div", { class: "lep-tools" }, stop, how, copy),
  );

  function draw(): void {
    const now = state();
    const live = now.status === "running" || now.status === "stopping";
    chip.textContent = now.compiling && live ? "compiling" : WORDS[now.status];
    chip.className = `lep-chip ${now.status === "stopping" ? "stopped" : now.status}`;
    note.textContent = now.message;
    const share = timeShare(now);
    bar.style.width = `${100 * share}%`;
    budget.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    times.textContent = timeWords(now);
    stages.replaceChildren(...STAGES.map((stage) => stagePill(stage, now, live)));
    kpis.replaceChildren(...kpiNodes(now, live));
    drawCharts(now);
    stop.hidden = !live || !model.get("can_stop");
    stop.disabled = now.status === "stopping";
    how.textContent = live && !model.get("can_stop") ? "To stop and keep the best model: the kernel's interrupt (■) in the toolbar." : "";
  }

  function drawCharts(now: State): void {
    const curves = model.get("curves") as Curve[];
    const member = learning(curves, now);
    const width = Math.max(300, Math.min(450, (el.clientWidth || 860) / 2 - 24));
    const loss = lossLines(curves, member);
    const metrics = metricLines(curves, member);
    const unit = member === "trees" ? "round" : "epoch";
    const higher = Boolean(model.get("higher_is_better"));
    const name = now.metric_name || "metric";
    charts.replaceChildren(
      figure(`Loss of the ${member}`, "training in grey", chart(loss, { x: unit, y: "loss" }, bestMark(loss, false), width)),
      figure(`Validation ${name}`, higher ? "higher is better" : "lower is better",
        chart(metrics, { x: unit, y: name }, bestMark(metrics, higher), width)),
    );
  }

  // At most one drawing a frame, however the updates come in.
  let asked = 0;
  const later = () => {
    if (!asked) asked = requestAnimationFrame(() => ((asked = 0), draw()));
  };
  const showTwin = takeTwinsPlace(el, String(model.get("twin")));
  const cleanups = ["state", "curves", "can_stop"].map((name) => watch(model, name, later));
  const resized = new ResizeObserver(later);
  resized.observe(el);
  cleanups.push(() => resized.disconnect(), showTwin);
  draw();
  return () => {
    cancelAnimationFrame(asked);
    cleanups.forEach((cleanup) => cleanup());
  };
}

/** The member whose curves to show: the one now learning, else the one with the longest curve. */
export function learning(curves: Curve[], now: State): string {
  if (curves.some((curve) => curve.member === now.stage && curve.x.length)) return now.stage;
  const longest = [...curves].sort((a, b) => b.x.length - a.x.length)[0];
  return longest?.member ?? "network";
}

export function timeShare(now: State): number {
  if (now.status === "done" || now.status === "stopped") return 1;
  const whole = now.budget_s ?? (now.remaining_s === null ? null : now.elapsed_s + now.remaining_s);
  return whole ? Math.min(1, now.elapsed_s / whole) : 0;
}

export function timeWords(now: State): string {
  if (now.status !== "running" && now.status !== "stopping") return `took ${seconds(now.elapsed_s)}`;
  const of = now.budget_s === null ? "" : ` of ${seconds(now.budget_s)}`;
  const left = now.remaining_s === null ? "" : `, ${seconds(now.remaining_s)} left`;
  return `${seconds(now.elapsed_s)}${of}${left}`;
}

function stagePill(stage: string, now: State, live: boolean): HTMLElement {
  const at = STAGES.indexOf(now.stage);
  const mine = STAGES.indexOf(stage);
  const kind = !live || mine < at ? "past" : mine === at ? "now" : "";
  return h("li", { class: kind, "aria-current": kind === "now" ? "step" : null }, stage);
}

function kpiNodes(now: State, live: boolean): HTMLElement[] {
  if (now.results.length && !live) {
    return now.results.map((r) =>
      kpi(r.name, metric(r.value), r.low === null ? "" : `${metric(r.low)} to ${metric(r.high)} (95 %)`));
  }
  return [
    kpi(`Best ${now.metric_name || "metric"}`, metric(now.best), "on validation rows"),
    kpi("Now", metric(now.metric), where(now)),
    kpi("Device", now.device || "cpu", now.compiling ? "compiling the network" : `${percent(timeShare(now), 0)} of the time`),
  ];
}

function kpi(name: string, value: string, note: string): HTMLElement {
  return h("div", {}, h("div", { class: "lep-kpi-label" }, name), h("div", { class: "lep-kpi-value" }, value), h("div", { class: "lep-kpi-note" }, note));
}

function figure(caption: string, sub: string, drawing: SVGElement): HTMLElement {
  return h("figure", {}, h("figcaption", {}, caption, h("span", {}, sub)), drawing);
}

export default { render };
