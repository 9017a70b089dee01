// The training panel: live curves of members beside the baseline, which columns count, time left; stop, keep, continue.

import { attributionChart, type Attribution } from "../attribution.ts";
import { copyButton } from "../code.ts";
import { chart, type Level } from "../curves.ts";
import { h } from "../dom.ts";
import { fixed, metric } from "../format.ts";
import { onLost, takeTwinsPlace, watch, type Cleanup, type View } from "../host.ts";
import { morph, morphChildren } from "../morph.ts";
import { paced } from "../pace.ts";
import { ALL, bestMark, linesOf, members, type Curve } from "../training_lines.ts";
import { code, compileWords, hint, isLive, later, lostWords, timeShare, timeWords, where, type Click, type State } from "../training_words.ts";

const STAGES = ["reading", "linear", "network", "trees", "blend", "done"];
const WORDS: Record<State["status"], string> = {
  running: "running", stopping: "stopping after this chunk", done: "done", stopped: "stopped", failed: "failed",
};

function render({ model, el }: View): Cleanup {
  el.classList.add("lepton", "lepton-panel");
  let heard = performance.now();
  let chosen = ALL;
  let lost = false;
  let clicked: { what: Click["what"]; at: number } | null = null;
  const state = () => model.get("state") as State;
  const title = h("h3", { class: "lep-title" }, String(model.get("title")));
  const chip = h("span", { class: "lep-chip", role: "status" });
  const note = h("span", { class: "lep-sub" });
  const bar = h("div", { class: "lep-bar-done" });
  const budget = h("div", { class: "lep-bar", role: "progressbar", "aria-label": "time used", "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  const times = h("span", { class: "lep-sub lep-times" });
  const kpis = h("div", { class: "lep-kpis" });
  const stages = h("ol", { class: "lep-stages", "aria-label": "stages" });
  const shown = h("div", { class: "lep-choice", role: "group", "aria-label": "curves of" });
  const [loss, measure, look] = [h("figure"), h("figure"), h("figure")];
  const more = h("input", { type: "text", class: "lep-more-time", value: "60s", "aria-label": "time to train on" });
  const stop = button("Stop, keep the best", "stop");
  const keep = button("Keep in the notebook", "keep");
  const goOn = button("Continue for", "continue", () => ({ budget: more.value }));
  const onward = h("span", { class: "lep-field" }, goOn, more);
  const how = h("span", { class: "lep-sub", role: "status" });
  const trouble = h("div", { class: "lep-trouble", role: "alert" });
  const copy = copyButton(() => code(String(model.get("code")), state(), more.value));
  el.replaceChildren(
    h("div", { class: "lep-head" }, title, chip, note),
    h("div", { class: "lep-budget" }, budget, times), stages, kpis, shown,
    h("div", { class: "lep-row lep-growing" }, loss, measure, look), trouble,
    h("div", { class: "lep-tools" }, stop, keep, onward, how, copy),
  );

  /** A button that asks the kernel; until that answers, the panel says that it was asked. */
  function button(words: string, what: Click["what"], with_: () => object = () => ({})): HTMLButtonElement {
    const click = () => {
      model.send({ type: what, ...with_() });
      clicked = { what, at: performance.now() };
      draw();
    };
    return h("button", { type: "button", class: "lep-button", click }, words);
  }

  function draw(): void {
    const time = performance.now();
    const told = state();
    const live = isLive(told) && !lost;
    const now = live ? later(told, (time - heard) / 1000) : told;
    const gone = lost && isLive(told);
    write(chip, gone ? "kernel gone" : now.compiling && live ? (now.message ? "reading" : "compiling") : WORDS[now.status]);
    chip.className = `lep-chip ${gone ? "failed" : now.status === "stopping" ? "stopped" : now.status}`;
    write(note, gone ? lostWords(now) : now.message);
    const share = timeShare(now);
    bar.style.transform = `translateX(${(100 * (share - 1)).toFixed(1)}%)`;
    budget.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    write(times, timeWords(now));
    morphChildren(stages, STAGES.map((stage) => stagePill(stage, now, isLive(now))));
    kpis.classList.toggle("lep-moving", isLive(now));
    morphChildren(kpis, kpiNodes(now, isLive(now)));
    drawCharts(now);
    drawTools(now, live, clicked && { what: clicked.what, ago_s: (time - clicked.at) / 1000 });
  }

  function drawTools(now: State, live: boolean, click: Click | null): void {
    stop.hidden = !isLive(now) || !now.can_stop;
    stop.disabled = now.status === "stopping" || !now.run || lost;
    keep.hidden = !now.can_keep;
    onward.hidden = !now.can_go_on;
    keep.disabled = goOn.disabled = lost;
    write(how, hint(now, live, lost ? null : click));
    write(trouble, now.trouble);
  }

  function drawCharts(now: State): void {
    const [past, growing] = [model.get("past") as Curve[], model.get("growing") as Curve];
    const width = columnWidth(el.clientWidth || 860);
    const baseline = now.baseline;
    if (changed(loss, [past, growing, chosen, width, now.metric_name, baseline?.loss])) {
      const curves = [...past, growing].filter((curve) => curve.member);
      const names = members(curves);
      if (!names.includes(chosen)) chosen = ALL;
      shown.hidden = names.length < 2;
      choose(shown, [ALL, ...names], chosen, (name) => ((chosen = name), draw()));
      const name = now.metric_name || "metric";
      const higher = now.higher_is_better;
      const [losses, metrics] = [linesOf(curves, "valid", chosen), linesOf(curves, "metric", chosen)];
      const unit = chosen === ALL ? "seconds" : chosen === "trees" ? "round" : "epoch";
      morph(loss, figure("Validation loss", chosen === ALL ? "by member" : "training in grey",
        chart(losses, { x: unit, y: "loss" }, bestMark(losses, false), width, compared(baseline?.loss))));
      morph(measure, figure(`Validation ${name}`, higher ? "higher is better" : "lower is better",
        chart(metrics, { x: unit, y: name }, bestMark(metrics, higher), width, compared(baseline?.metric))));
    }
    // A run that was over before the first look has none to show.
    look.hidden = !now.attribution && now.status !== "running";
    const found = now.attribution;
    if (changed(look, [width, found?.fold, found?.epoch, found?.values.join()])) morph(look, attributionFigure(found, width));
  }

  const pace = paced(el, draw);
  const showTwin = takeTwinsPlace(el, String(model.get("twin")));
  const answered = () => {
    heard = performance.now();
    const now = state();
    // Whatever else is told may have been on its way before the click.
    if (clicked?.what !== "stop" || now.status !== "running") clicked = null;
    pace.ask();
  };
  const cleanups = [watch(model, "state", answered), ...["past", "growing"].map((name) => watch(model, name, pace.ask))];
  cleanups.push(onLost(model, () => ((lost = true), pace.ask())));
  const resized = new ResizeObserver(pace.ask);
  resized.observe(el);
  const ticking = window.setInterval(() => (clicked || (isLive(state()) && !lost)) && pace.ask(), 1000);
  draw();
  return () => {
    clearInterval(ticking);
    resized.disconnect();
    [pace.end, ...cleanups, showTwin].forEach((end) => end());
  };
}

/** What a part was last drawn from; drawing it again from the same is left out. */
const drawnFrom = new WeakMap<Element, unknown[]>();

function changed(part: Element, from: unknown[]): boolean {
  const before = drawnFrom.get(part);
  drawnFrom.set(part, from);
  return !before || from.some((one, i) => one !== before[i]);
}

function write(node: Element, words: string): void {
  if (node.textContent !== words) node.textContent = words;
}

/** Three charts beside one another where there is room, else two, else one. */
export function columnWidth(room: number): number {
  const n = room >= 900 ? 3 : room >= 560 ? 2 : 1;
  return Math.max(260, Math.min(450, (room - 12 - 21 * (n - 1)) / n));
}

function compared(y: number | null | undefined): Level | null {
  return y === null || y === undefined ? null : { y, words: `baseline ${metric(y)}` };
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
    kpi("Device", now.device || "–", compileWords(now)),
  ];
}

function kpi(name: string, value: string, note: string): HTMLElement {
  const size = value.length > 14 ? "lep-kpi-value lep-long" : "lep-kpi-value";
  return h("div", {}, h("div", { class: "lep-kpi-label" }, name), h("div", { class: size }, value), h("div", { class: "lep-kpi-note" }, note));
}

function attributionFigure(found: Attribution | null, width: number): HTMLElement {
  const fold = found?.fold === null || found === null ? "" : `fold ${found.fold + 1}, `;
  const sub = found ? `${found.n_rows} rows, ${fold}epoch ${fixed(found.epoch, 1)}` : "of the network";
  const node = figure("Which columns count", sub, attributionChart(found, width));
  const about = "Mean |Shapley value| in the network as it is now, against the mean of these rows: a look, not the model's explanation.";
  node.append(h("div", { class: "lep-sub lep-about" }, found?.warning ? h("strong", { class: "lep-leak" }, found.warning) : null, found ? about : null));
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

/** A drawing under its name, which breaks where the drawing ends. */
function figure(caption: string, sub: string, picture: SVGElement): HTMLElement {
  return h("figure", { style: `width:${picture.getAttribute("width")}px` }, h("figcaption", {}, caption, h("span", {}, sub)), picture);
}

export default { render };
