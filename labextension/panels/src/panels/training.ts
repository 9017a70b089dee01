// The training panel: live curves of members beside the baseline, which columns count, time left; stop, keep, continue.

import { attributionChart, type Attribution } from "../attribution.ts";
import { copyButton } from "../code.ts";
import { chart, type Level, type Line, type Mark } from "../curves.ts";
import { h } from "../dom.ts";
import { fixed, metric, percent, seconds } from "../format.ts";
import { onLost, takeTwinsPlace, watch, type Cleanup, type View } from "../host.ts";

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
  higher_is_better: boolean;
  elapsed_s: number;
  remaining_s: number | null;
  left_s: number | null;
  budget_s: number | null;
  compiling: boolean;
  device: string;
  run: string;
  message: string;
  baseline: { name: string; loss: number | null; metric: number | null } | null;
  attribution: Attribution | null;
  results: { name: string; value: number; low: number | null; high: number | null }[];
  lines: { keep?: string; continue?: string };
  can_stop: boolean;
  in_foreground: boolean;
  can_go_on: boolean;
  can_keep: boolean;
  kept: string;
  trouble: string;
}

export interface Curve {
  member: string;
  fold: number | null;
  x: number[];
  t: number[];
  train: (number | null)[];
  valid: (number | null)[];
  metric: (number | null)[];
}

const STAGES = ["reading", "linear", "network", "trees", "blend", "done"];
const KINDS: Record<string, string> = { network: "main", trees: "up", linear: "fourth" };
export const ALL = "all";

/** "Network, fold 2 of 5, epoch 3.2 of 64, step 150". */
export function where(state: State): string {
  const fold = state.fold === null ? "" : `, fold ${state.fold + 1}${state.n_folds ? ` of ${state.n_folds}` : ""}`;
  const epoch = state.n_epochs > 0 ? `, epoch ${fixed(state.epoch, 1)} of ${fixed(state.n_epochs, 0)}` : "";
  const step = state.step > 0 ? `, step ${fixed(state.step, 0)}` : "";
  return `${state.member || state.stage}${fold}${epoch}${step}`;
}

/** Members that have a curve, in the order in which they began. */
export function members(curves: Curve[]): string[] {
  return [...new Set(curves.map((curve) => curve.member))];
}

/**
 * Lines of a quantity. Of all members over time, the last fold of each bold and named where it ends; or of one
 * member over its own epochs, and of its loss the training's too, in grey.
 */
export function linesOf(curves: Curve[], what: "valid" | "metric", member: string): Line[] {
  const mine = curves.filter((curve) => (member === ALL || curve.member === member) && curve[what].some((y) => y !== null));
  const end = Math.max(...mine.flatMap((curve) => curve.t));
  return mine.flatMap((curve) => {
    const last = mine.filter((other) => other.member === curve.member).at(-1) === curve;
    const fold = curve.fold === null ? "" : `, fold ${curve.fold + 1}`;
    const xs = member === ALL ? curve.t : curve.x;
    if (member === ALL && curve.t.length === 1) return [level(curve, what, end)];
    const kind = KINDS[curve.member] ?? "third";
    const name = `${member === ALL ? curve.member : what === "valid" ? "validation" : "metric"}${fold}`;
    const line = { name, kind, faint: !last, xs, ys: curve[what], label: last && member === ALL ? curve.member : "" };
    return what === "valid" && last && member !== ALL && curve.train.some((y) => y !== null)
      ? [{ name: `training${fold}`, kind: "other", faint: true, xs, ys: curve.train }, line] : [line];
  });
}

/** A member that does not learn step by step, as a level from when it was there. */
function level(curve: Curve, what: "valid" | "metric", end: number): Line {
  const label = (curve.fold ?? 0) === 0 ? curve.member : "";
  return { name: curve.member, kind: KINDS[curve.member] ?? "third", faint: true, xs: [curve.t[0]!, end], ys: [curve[what][0]!, curve[what][0]!], label };
}

/** The best point of the bold lines. */
export function bestMark(lines: Line[], higher: boolean): Mark | null {
  let mark: Mark | null = null;
  for (const one of lines.filter((line) => !line.faint)) {
    one.ys.forEach((y, i) => {
      if (y !== null && (mark === null || (higher ? y > mark.y : y < mark.y))) mark = { x: one.xs[i]!, y, words: `best ${metric(y)}` };
    });
  }
  return mark;
}

const WORDS: Record<State["status"], string> = {
  running: "running", stopping: "stopping after this chunk", done: "done", stopped: "stopped", failed: "failed",
};

function render({ model, el }: View): Cleanup {
  el.classList.add("lepton", "lepton-panel");
  const state = () => model.get("state") as State;
  let chosen = ALL;
  let lost = false;
  const title = h("h3", { class: "lep-title" }, String(model.get("title")));
  const chip = h("span", { class: "lep-chip", role: "status" });
  const note = h("span", { class: "lep-sub" });
  const bar = h("div", { class: "lep-bar-done" });
  const budget = h("div", { class: "lep-bar", role: "progressbar", "aria-label": "time used", "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  const times = h("span", { class: "lep-sub" });
  const kpis = h("div", { class: "lep-kpis" });
  const stages = h("ol", { class: "lep-stages", "aria-label": "stages" });
  const shown = h("div", { class: "lep-choice", role: "group", "aria-label": "curves of" });
  const charts = h("div", { class: "lep-row" });
  const stop = h("button", { type: "button", class: "lep-button", click: () => model.send({ type: "stop" }) }, "Stop, keep the best");
  const keep = h("button", { type: "button", class: "lep-button", click: () => model.send({ type: "keep" }) }, "Keep in the notebook");
  const more = h("input", { type: "text", class: "lep-more-time", value: "60s", "aria-label": "time to train on" });
  const goOn = h("button", { type: "button", class: "lep-button", click: () => model.send({ type: "continue", budget: more.value }) }, "Continue for");
  const onward = h("span", { class: "lep-field" }, goOn, more);
  const how = h("span", { class: "lep-sub" });
  const trouble = h("div", { class: "lep-trouble", role: "alert" });
  const copy = copyButton(() => code(String(model.get("code")), state(), more.value));
  el.replaceChildren(
    h("div", { class: "lep-head" }, title, chip, note),
    h("div", { class: "lep-budget" }, budget, times), stages, kpis, shown, charts, trouble,
    h("div", { class: "lep-tools" }, stop, keep, onward, how, copy),
  );

  function draw(): void {
    const now = state();
    const live = isLive(now);
    chip.textContent = lost && live ? "kernel gone" : now.compiling && live ? "compiling" : WORDS[now.status];
    chip.className = `lep-chip ${lost && live ? "failed" : now.status === "stopping" ? "stopped" : now.status}`;
    note.textContent = lost && live ? lostWords(now) : now.message;
    const share = timeShare(now);
    bar.style.width = `${100 * share}%`;
    budget.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    times.textContent = timeWords(now);
    stages.replaceChildren(...STAGES.map((stage) => stagePill(stage, now, live)));
    kpis.replaceChildren(...kpiNodes(now, live));
    drawCharts(now);
    drawTools(now, live);
  }

  function drawTools(now: State, live: boolean): void {
    stop.hidden = !live || !now.can_stop;
    stop.disabled = now.status === "stopping" || !now.run || lost;
    keep.hidden = !now.can_keep;
    onward.hidden = !now.can_go_on;
    keep.disabled = goOn.disabled = lost;
    how.textContent = hint(now, live && !lost);
    trouble.textContent = now.trouble;
  }

  function drawCharts(now: State): void {
    const curves = [...(model.get("past") as Curve[]), model.get("growing") as Curve].filter((curve) => curve.member);
    const names = members(curves);
    if (!names.includes(chosen)) chosen = ALL;
    shown.hidden = names.length < 2;
    choose(shown, [ALL, ...names], chosen, (name) => ((chosen = name), draw()));
    const width = columnWidth(el.clientWidth || 860);
    const [loss, metrics] = [linesOf(curves, "valid", chosen), linesOf(curves, "metric", chosen)];
    const unit = chosen === ALL ? "seconds" : chosen === "trees" ? "round" : "epoch";
    const name = now.metric_name || "metric";
    const compared = (y: number | null | undefined): Level | null =>
      y === null || y === undefined ? null : { y, words: `baseline ${metric(y)}` };
    const higher = now.higher_is_better;
    charts.replaceChildren(
      figure("Validation loss", chosen === ALL ? "by member" : "training in grey", chart(loss, { x: unit, y: "loss" }, bestMark(loss, false), width, compared(now.baseline?.loss))),
      figure(`Validation ${name}`, higher ? "higher is better" : "lower is better",
        chart(metrics, { x: unit, y: name }, bestMark(metrics, higher), width, compared(now.baseline?.metric))),
      // A run that was over before the first look has none to show.
      ...(now.attribution || now.status === "running" ? [attributionFigure(now.attribution, width)] : []),
    );
  }

  // At most one drawing a frame, however the updates come in; none while the page is not looked at.
  let asked = 0;
  const later = () => {
    if (!asked) asked = requestAnimationFrame(() => ((asked = 0), draw()));
  };
  const showTwin = takeTwinsPlace(el, String(model.get("twin")));
  const cleanups = ["state", "past", "growing"].map((name) => watch(model, name, later));
  cleanups.push(onLost(model, () => ((lost = true), later())));
  const resized = new ResizeObserver(later);
  resized.observe(el);
  cleanups.push(() => resized.disconnect(), showTwin);
  draw();
  return () => {
    cancelAnimationFrame(asked);
    cleanups.forEach((cleanup) => cleanup());
  };
}

function isLive(now: State): boolean {
  return now.status === "running" || now.status === "stopping";
}

/** Three charts beside one another where there is room, else two, else one. */
export function columnWidth(room: number): number {
  const n = room >= 900 ? 3 : room >= 560 ? 2 : 1;
  return Math.max(260, Math.min(450, (room - 12 - 21 * (n - 1)) / n));
}

/** What the panel copies: how to keep the model or to go on where that is possible, else how it began. */
export function code(began: string, now: State, more: string): string {
  const lines = [now.lines.keep, now.lines.continue?.replace("BUDGET", JSON.stringify(more))];
  return lines.filter(Boolean).join("\n") || began;
}

/** What the buttons do not say themselves. */
export function hint(now: State, live: boolean): string {
  if (live && now.in_foreground) return "If the kernel does not hear it: its interrupt (■) in the toolbar keeps the best too.";
  if (live && now.run) return `After a reload: %lepton attach ${now.run}`;
  if (now.kept) return `It is ${now.kept} in the notebook.`;
  return "";
}

function lostWords(now: State): string {
  const run = now.run ? `: see it again with %lepton attach ${now.run}, go on with %lepton resume ${now.run} df` : "";
  return `The kernel was restarted or died. What the run had kept is in its journal${run}.`;
}

export function timeShare(now: State): number {
  if (now.status === "done" || now.status === "stopped") return 1;
  if (now.budget_s !== null && now.left_s !== null) return Math.min(1, Math.max(0, 1 - now.left_s / now.budget_s));
  const whole = now.budget_s ?? (now.remaining_s === null ? null : now.elapsed_s + now.remaining_s);
  return whole ? Math.min(1, now.elapsed_s / whole) : 0;
}

export function timeWords(now: State): string {
  if (!isLive(now)) return `took ${seconds(now.elapsed_s)}`;
  const of = now.budget_s === null ? "" : ` of ${seconds(now.budget_s)}`;
  const left = now.left_s !== null ? `, at most ${seconds(now.left_s)} left`
    : now.remaining_s !== null ? `, ${now.member} at most ${seconds(now.remaining_s)} more` : "";
  return `${seconds(now.elapsed_s)}${of}${left}`;
}

function stagePill(stage: string, now: State, live: boolean): HTMLElement {
  const at = STAGES.indexOf(now.stage === "baseline" ? "linear" : now.stage);
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
    kpi("Device", now.device || "–", now.compiling ? "compiling the network" : `${percent(timeShare(now), 0)} of the time`),
  ];
}

function kpi(name: string, value: string, note: string): HTMLElement {
  return h("div", {}, h("div", { class: "lep-kpi-label" }, name), h("div", { class: "lep-kpi-value" }, value), h("div", { class: "lep-kpi-note" }, note));
}

function attributionFigure(found: Attribution | null, width: number): HTMLElement {
  const fold = found?.fold === null || found === null ? "" : `fold ${found.fold + 1}, `;
  const sub = found ? `${found.n_rows} rows, ${fold}epoch ${fixed(found.epoch, 1)}` : "of the network";
  const node = figure("Which columns count", sub, attributionChart(found, width));
  const about = "Mean |Shapley value| in the network as it is now, against the mean of these rows: a look, not the model's explanation.";
  node.append(h("div", { class: "lep-sub lep-about", style: `max-width:${width}px` }, found?.warning ? h("strong", { class: "lep-leak" }, `${found.warning} `) : null, found ? about : null));
  return node;
}

/** Buttons of which one is pressed. */
function choose(group: HTMLElement, names: string[], chosen: string, pick: (name: string) => void): void {
  const before = [...group.children].map((child) => child.textContent);
  if (before.length !== names.length || names.some((name, i) => before[i] !== name)) {
    group.replaceChildren(...names.map((name) => h("button", { type: "button", class: "lep-button", click: () => pick(name) }, name)));
  }
  [...group.children].forEach((child, i) => child.setAttribute("aria-pressed", String(names[i] === chosen)));
}

function figure(caption: string, sub: string, picture: SVGElement): HTMLElement {
  return h("figure", {}, h("figcaption", {}, caption, h("span", {}, sub)), picture);
}

export default { render };
