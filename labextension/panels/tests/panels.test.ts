import assert from "node:assert/strict";
import { test } from "node:test";
import { clean } from "../src/dom.ts";
import { columnWidth } from "../src/panels/training.ts";
import { ALL, bestMark, linesOf, members, type Curve } from "../src/training_lines.ts";
import { code, compileWords, hint, later, timeShare, timeWords, where, type State } from "../src/training_words.ts";
import { apart, heights } from "../src/curves.ts";
import { rest } from "../src/pace.ts";
import { bars } from "../src/attribution.ts";
import { barred, headline } from "../src/answer.ts";

const state: State = {
  status: "running", stage: "network", member: "network", fold: 1, n_folds: 5, epoch: 3.25, n_epochs: 64, step: 1500,
  metric_name: "AUC", metric: 0.77, best: 0.78, higher_is_better: true, elapsed_s: 14, remaining_s: 20, left_s: 45,
  budget_s: 60, compiling: false, device: "2 CPU cores", run: "k3fa", message: "", baseline: null, attribution: null,
  results: [], lines: {}, can_stop: true, in_foreground: false, can_go_on: false, can_keep: false, kept: "", trouble: "",
};
const curve = (member: string, fold: number | null): Curve => ({
  member, fold, x: [1, 2, 3], t: [10, 11, 12], train: [0.6, 0.5, 0.4], valid: [0.7, 0.5, null], metric: [0.6, 0.8, 0.7],
});

test("where training stands, and the time left of the whole budget", () => {
  assert.equal(where(state), "network, fold 2 of 5, epoch 3.3 of 64, step 1,500");
  assert.equal(timeWords(state), "14 s of 1 min, at most 45 s left");
  assert.equal(timeShare(state), 0.25);
  assert.equal(timeWords({ ...state, budget_s: null, left_s: null }), "14 s, network at most 20 s more");
  assert.equal(timeShare({ ...state, budget_s: null, left_s: null, remaining_s: null }), 0);
  assert.equal(timeWords({ ...state, status: "done" }), "took 14 s");
});

test("the clock goes on between two reports, and stands still after the end", () => {
  assert.equal(timeWords(later(state, 6)), "20 s of 1 min, at most 39 s left");
  assert.equal(later(state, 600).left_s, 0);
  assert.deepEqual(later({ ...state, status: "done" }, 6), { ...state, status: "done" });
  assert.equal(compileWords({ ...state, compiling: true }), "compiling the network …");
  assert.equal(compileWords(state), "network compiled");
  assert.equal(compileWords({ ...state, stage: "trees" }), "");
});

test("a slow drawing rests long, an unseen one longer", () => {
  assert.equal(rest(4, true), 100);
  assert.equal(rest(500, true), 1000);
  assert.equal(rest(0, false), 2000);
});

test("the axis of values keeps to what a value can be, and shows a lone one beside the baseline", () => {
  assert.deepEqual(heights([0.86, 0.9, 0.97], null), [0.85, 1]);
  assert.deepEqual(heights([0.02, 0.3, 1.9], null), [0, 2]);
  assert.deepEqual(heights([0.9], { y: 0.5, words: "" }), [0.4, 1]);
});

test("one member is drawn over its epochs, its last fold bold with the training loss", () => {
  const curves = [curve("network", 0), curve("network", 1), curve("trees", null)];
  const lines = linesOf(curves, "valid", "network");
  assert.deepEqual(lines.map((line) => [line.name, line.faint]), [
    ["validation, fold 1", true], ["training, fold 2", true], ["validation, fold 2", false],
  ]);
  assert.deepEqual(lines[0]!.xs, [1, 2, 3]);
  assert.deepEqual(linesOf(curves, "metric", "trees").map((line) => line.name), ["metric"]);
});

test("all members are drawn over time, each named where its last fold ends", () => {
  const curves = [curve("linear", null), curve("network", 0), curve("network", 1)];
  assert.deepEqual(members(curves), ["linear", "network"]);
  const lines = linesOf(curves, "valid", ALL);
  assert.deepEqual(lines.map((line) => [line.name, line.label, line.kind]), [
    ["linear", "linear", "fourth"], ["network, fold 1", "", "main"], ["network, fold 2", "network", "main"],
  ]);
  assert.deepEqual(lines[1]!.xs, [10, 11, 12]);
  const once = { ...curve("linear", null), x: [1], t: [2], train: [null], valid: [0.6], metric: [0.7] };
  assert.deepEqual(linesOf([once, curve("network", null)], "valid", ALL)[0], { name: "linear", kind: "fourth", faint: true, stays: true, xs: [2], ys: [0.6], label: "linear" });
});

test("the best mark ignores gaps and faint lines", () => {
  const lines = linesOf([curve("network", null)], "valid", "network");
  assert.deepEqual(bestMark(lines, false), { x: 2, y: 0.5, words: "best 0.500" });
  assert.deepEqual(bestMark(lines.map((line) => ({ ...line, faint: true })), false), null);
  assert.equal(bestMark([], true), null);
});

test("names at the ends of lines keep their order and do not overlap", () => {
  const places = [20, 22, 200].map((y, i) => ({ y, words: `w${i}`, kind: "main" }));
  assert.deepEqual(apart(places, 18, 180).map((place) => [place.words, place.y]), [["w0", 20], ["w1", 33], ["w2", 180]]);
});

test("bars add up to all columns", () => {
  const columns = Array.from({ length: 12 }, (_, i) => `c${i}`);
  const shown = bars({ columns, values: columns.map(() => 1), rest: 8, n_columns: 20, n_rows: 32, warning: "", epoch: 1, fold: null });
  assert.equal(shown.length, 9);
  assert.deepEqual([shown[8]!.name, shown[8]!.value], ["12 more, together", 12]);
  assert.ok(Math.abs(shown.reduce((sum, one) => sum + one.share, 0) - 1) < 1e-9);
});

test("what is copied is how to keep or to go on, where there is something to keep", () => {
  assert.equal(code("ll.train(df)", state, "60s"), "ll.train(df)");
  const lines = { keep: "model = ll.attach('k').result()", continue: "model = ll.resume('k', df, budget=BUDGET)" };
  assert.equal(code("ll.train(df)", { ...state, lines }, "5m"), "model = ll.attach('k').result()\nmodel = ll.resume('k', df, budget=\"5m\")");
  assert.match(hint({ ...state, in_foreground: true }, true), /interrupt/);
  assert.match(hint(state, true), /attach k3fa/);
  assert.match(hint(state, true, { what: "stop", ago_s: 0.1 }), /asked/);
  assert.match(hint({ ...state, in_foreground: true }, true, { what: "stop", ago_s: 3 }), /does not hear.*interrupt/);
  assert.match(hint(state, true, { what: "stop", ago_s: 3 }), /busy with another cell.*ll\.stop\("k3fa"\)/);
  assert.match(hint(state, false, { what: "keep", ago_s: 3 }), /busy with a cell/);
  assert.match(hint({ ...state, kept: "model_k3fa" }, false), /model_k3fa in the notebook/);
});

test("charts lie beside one another where there is room", () => {
  assert.deepEqual([960, 700, 430].map((room) => Math.round(columnWidth(room))), [302, 334, 418]);
});


test("the headline is the positive class, the largest one, or the estimate", () => {
  const probabilities = [{ name: "no", value: 0.7 }, { name: "yes", value: 0.3 }];
  const answer = { probabilities, positive: null, estimate: null };
  assert.deepEqual(headline({ ...answer, positive: "yes" }), { name: "yes", value: 0.3, share: true });
  assert.deepEqual(headline(answer), { name: "no", value: 0.7, share: true });
  assert.deepEqual(headline({ ...answer, probabilities: [], estimate: 12 }), { name: "", value: 12, share: false });
});

test("of many classes the likeliest have a bar", () => {
  const probabilities = Array.from({ length: 30 }, (_, k) => ({ name: `c${k}`, value: k === 20 ? 0.5 : 0.5 / 29 }));
  assert.deepEqual([barred({ probabilities, positive: null }).length, barred({ probabilities, positive: null })[0]!.name], [8, "c20"]);
  assert.equal(barred({ probabilities: probabilities.slice(0, 3), positive: null })[0]!.name, "c0");
});

test("text loses direction overrides, not its letters", () => {
  assert.equal(clean("a\u202eb\u0007 🐟 <b>"), "ab 🐟 <b>");
});
