// The what-if panel: every column of one row as a control; the prediction follows, the waterfall comes on release.

import { copyButton } from "./code.ts";
import { control, type Column, type Control, type Value } from "./controls.ts";
import { h } from "./dom.ts";
import { number, percent, signed } from "./format.ts";
import { hear, takeTwinsPlace, type Cleanup, type View } from "./host.ts";
import { LatestWins } from "./requests.ts";
import { waterfall, type Waterfall } from "./waterfall.ts";

interface Answer {
  id: number;
  prediction: string;
  probabilities: { name: string; value: number }[]; // empty for regression
  positive: string | null; // two classes: the one whose probability is shown
  estimate: number | null; // regression
  unit: string;
  threshold: number | null;
  code: string;
  waterfall: Waterfall | null;
  error: string | null;
}

/** What differs from the row as it is, by column. */
export function changesOf(controls: Pick<Control, "column" | "value">[]): Record<string, Value> {
  const changed: [string, Value][] = [];
  for (const one of controls) if (one.value() !== one.column.value) changed.push([one.column.name, one.value()]);
  return Object.fromEntries(changed);
}

/** The number to show large: the positive class's probability, the largest one, or the estimate. */
export function headline(answer: Pick<Answer, "probabilities" | "positive" | "estimate">): { name: string; value: number } {
  if (answer.estimate !== null) return { name: "", value: answer.estimate };
  const positive = answer.probabilities.find((one) => one.name === answer.positive);
  return positive ?? answer.probabilities.reduce((a, b) => (b.value > a.value ? b : a), { name: "", value: 0 });
}

function render({ model, el }: View): Cleanup {
  el.classList.add("lepton", "lepton-panel");
  let controls: Control[] = [];
  let original: Answer | null = null;
  let code = String(model.get("code"));
  let twin: Cleanup | null = null;
  let reasons: Waterfall | null = null;
  let width = 0;

  const requests = new LatestWins((id, question) => model.send({ type: "set", id, ...question }));
  const ask = (explain: boolean) => {
    markChanged();
    requests.ask({ changes: changesOf(controls), explain });
  };
  const form = h("form", { class: "lep-controls", submit: (event: SubmitEvent) => event.preventDefault() });
  const value = h("div", { class: "lep-kpi-value" });
  const what = h("div", { class: "lep-kpi-label" });
  const against = h("div", { class: "lep-kpi-note" });
  const gauge = h("div", { class: "lep-gauge", "aria-hidden": "true" });
  const detail = h("div", { class: "lep-detail" });
  const said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  const trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  const reset = h("button", { type: "button", class: "lep-button", click: () => resetAll() }, "Reset");
  const answerBox = h("div", { class: "lep-answer" }, h("div", {}, what, value, against), gauge, trouble, detail);
  const tools = h("div", { class: "lep-tools" }, reset, copyButton(() => code));
  el.replaceChildren(
    h("div", { class: "lep-head" }, h("div", { class: "lep-title" }, String(model.get("title"))), h("div", { class: "lep-sub" }, "move a value; the waterfall follows when you let go")),
    h("div", { class: "lep-whatif" }, form, h("div", { class: "lep-side" }, answerBox, tools)), said,
  );

  function markChanged(): void {
    for (const one of controls) one.node.classList.toggle("changed", one.value() !== one.column.value);
    reset.disabled = !controls.some((one) => one.value() !== one.column.value);
  }

  function resetAll(): void {
    for (const one of controls) one.set(one.column.value);
    ask(true);
  }

  function start(columns: Column[], answer: Answer): void {
    controls = columns.map((column) => control(column, { moved: () => ask(false), released: () => ask(true) }));
    form.replaceChildren(...controls.map((one) => one.node));
    original = answer;
    twin ??= takeTwinsPlace(el, String(model.get("twin")));
    markChanged();
    show(answer, true);
  }

  function show(answer: Answer, newest: boolean): void {
    trouble.hidden = !answer.error;
    trouble.textContent = answer.error ?? "";
    if (answer.error) return;
    code = answer.code;
    const now = headline(answer);
    const before = original ? headline(original) : now;
    const share = answer.estimate === null;
    what.textContent = share ? `Probability of ${now.name}` : `Estimate, ${answer.unit}`;
    value.textContent = share ? percent(now.value, 1) : number(now.value, 5);
    against.textContent = comparison(answer, now.value, before.value);
    gauge.replaceChildren(...(share ? bars(answer, original) : []));
    if (answer.waterfall) {
      reasons = answer.waterfall;
      drawReasons();
    }
    detail.classList.toggle("stale", !answer.waterfall);
    // Said aloud at rest only: a screen reader must not read every pixel of a drag.
    if (newest && answer.waterfall) said.textContent = `${what.textContent}: ${value.textContent}, predicted ${answer.prediction}`;
  }

  function drawReasons(): void {
    width = detail.clientWidth;
    if (reasons && width) detail.replaceChildren(waterfall(reasons, Math.max(380, Math.min(640, width)), 10));
  }

  const resized = new ResizeObserver(() => {
    if (Math.abs(detail.clientWidth - width) > 2) drawReasons();
  });
  resized.observe(el);
  const unhear = hear(model, (content) => {
    if (content.type === "columns") start(content.columns, content.answer);
    else if (content.type === "answer" && controls.length) show(content, requests.answered(content.id));
  });
  model.send({ type: "ready" });
  return () => [unhear, () => resized.disconnect(), twin].forEach((cleanup) => cleanup?.());
}

function comparison(answer: Answer, now: number, before: number): string {
  const change = now - before;
  const share = answer.estimate === null;
  const moved = Math.abs(change) < 1e-9 ? "as the row is" : `${share ? `${signed(100 * change, 1)} points` : signed(change, 2)} against the row as it is`;
  return share ? `predicted ${answer.prediction} · ${moved}` : moved;
}

/** A bar a class, with the threshold and the place before the change marked. */
function bars(answer: Answer, original: Answer | null): HTMLElement[] {
  const shown = answer.positive === null ? answer.probabilities : answer.probabilities.filter((one) => one.name === answer.positive);
  return shown.slice(0, 8).map((one) => {
    const bar = h("div", { class: "lep-gauge-bar" }, mark("done", one.value, true));
    const before = original?.probabilities.find((other) => other.name === one.name);
    if (before) bar.append(mark("before", before.value));
    if (answer.threshold !== null && answer.positive !== null) bar.append(mark("threshold", answer.threshold));
    const name = answer.positive === null ? `${one.name} ${percent(one.value)}` : answer.threshold === null ? "" : `threshold ${percent(answer.threshold)}`;
    return h("div", {}, bar, h("div", { class: "lep-sub" }, name));
  });
}

function mark(kind: string, share: number, wide = false): HTMLElement {
  const node = h("i", { class: kind });
  node.style[wide ? "width" : "left"] = `${100 * Math.min(1, Math.max(0, share))}%`;
  return node;
}

export default { render };
