import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../src/controls.ts";
import { clean } from "../src/dom.ts";
import { bestMark, learning, lossLines, timeShare, timeWords, where, type Curve, type State } from "../src/panels/training.ts";
import { headline } from "../src/answer.ts";
import { changesOf } from "../src/panels/whatif.ts";

const state: State = {
  status: "running", stage: "network", member: "network", fold: 1, n_folds: 5, epoch: 3.25, n_epochs: 64, step: 1500,
  metric_name: "AUC", metric: 0.77, best: 0.78, elapsed_s: 15, remaining_s: 45, budget_s: 60, compiling: false,
  device: "cpu", message: "", results: [],
};
const curve = (member: string, fold: number | null): Curve => ({
  member, fold, x: [1, 2, 3], train: [0.6, 0.5, 0.4], valid: [0.7, 0.5, null], metric: [0.6, 0.8, 0.7],
});

test("where training stands", () => {
  assert.equal(where(state), "network, fold 2 of 5, epoch 3.3 of 64, step 1,500");
  assert.equal(timeWords(state), "15 s of 1 min, 45 s left");
  assert.equal(timeShare(state), 0.25);
  assert.equal(timeShare({ ...state, budget_s: null, remaining_s: null }), 0);
  assert.equal(timeWords({ ...state, status: "done" }), "took 15 s");
});

test("the last fold is drawn bold with its training loss, earlier ones thin", () => {
  const lines = lossLines([curve("network", 0), curve("network", 1), curve("trees", null)], "network");
  assert.deepEqual(lines.map((line) => [line.name, line.faint]), [
    ["validation, fold 1", true], ["training, fold 2", true], ["validation, fold 2", false],
  ]);
});

test("the best mark ignores gaps", () => {
  const lines = lossLines([curve("network", null)], "network");
  assert.deepEqual(bestMark(lines, false), { x: 2, y: 0.5, words: "best 0.500" });
  assert.equal(bestMark([], true), null);
});

test("the curves shown are those of the member now learning, else of the longest", () => {
  assert.equal(learning([curve("network", 0), curve("trees", null)], { ...state, stage: "trees" }), "trees");
  assert.equal(learning([curve("network", 0)], { ...state, stage: "blend" }), "network");
  assert.equal(learning([], state), "network");
});

test("only what differs is a change", () => {
  const control = (name: string, was: number | null, now: number | null) => ({
    column: { name, value: was } as Column, value: () => now,
  });
  assert.deepEqual(changesOf([control("a", 1, 1), control("b", 1, 2), control("c", 1, null)]), { b: 2, c: null });
});

test("the headline is the positive class, the largest one, or the estimate", () => {
  const probabilities = [{ name: "no", value: 0.7 }, { name: "yes", value: 0.3 }];
  const answer = { probabilities, positive: null, estimate: null };
  assert.deepEqual(headline({ ...answer, positive: "yes" }), { name: "yes", value: 0.3, share: true });
  assert.deepEqual(headline(answer), { name: "no", value: 0.7, share: true });
  assert.deepEqual(headline({ ...answer, probabilities: [], estimate: 12 }), { name: "", value: 12, share: false });
});

test("text loses direction overrides, not its letters", () => {
  assert.equal(clean("a\u202eb\u0007 🐟 <b>"), "ab 🐟 <b>");
});
