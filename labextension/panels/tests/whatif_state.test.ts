import { test } from "node:test";
import assert from "node:assert/strict";
import type { Answer } from "../src/answer.ts";
import type { Column, Value } from "../src/controls.ts";
import { changesOf, placeIn, shownValue, valueAt, WhatIfState, type Told } from "../src/whatif_state.ts";

const column = (name: string, value: Value, more: Partial<Column> = {}): Column => ({
  name, kind: "numeric", low: 0, high: 10, step: 1, categories: [], value, nullable: false,
  curve: { ordered: true, points: [0, 10], from: 0, to: 10, bars: [1] }, ...more,
});
const colour = column("colour", "red", {
  kind: "category", categories: [{ value: "red", shown: "Red" }, { value: "blue", shown: "Blue" }],
  curve: { ordered: false, points: ["red", "blue"], from: 0, to: 1, bars: [] },
});
const answer = (estimate: number): Answer => ({
  prediction: "", what: "predicted", link: [estimate], probabilities: [], positive: null, estimate, unit: "€",
  threshold: null, code: "", waterfall: null,
});

/** `y = x + 5 where blue`, around x = 4 and red. */
function around(now: Value[]): WhatIfState {
  const columns = [column("x", 4), colour];
  const told: Told = { columns, first: answer(4), answer: answer(4), changes: {}, pins: {}, locked: [], link: "identity", classes: [], target: "y", goal: "" };
  const seen: Value[] = [4, "red"];
  const state = new WhatIfState(told, columns.map((one, j) => ({ column: one, value: () => seen[j]! })));
  state.setCurves(new DataView(new Float32Array([0, 10, 4, 9]).buffer));
  seen.splice(0, 2, ...now);
  return state;
}

test("what differs from the row, a missing value too", () => {
  const holder = (name: string, was: Value, now: Value) => ({ column: column(name, was), value: () => now });
  assert.deepEqual(changesOf([holder("a", 1, 1), holder("b", 1, 2), holder("c", 1, null)]), { b: 2, c: null });
});

test("the page's own answer is read off the curves, and summed where several columns were moved", () => {
  assert.deepEqual([around([7, "red"]).read()?.answer.estimate, around([7, "red"]).read()?.moved], [7, 1]);
  assert.deepEqual([around([7, "blue"]).read()?.answer.estimate, around([7, "blue"]).read()?.moved], [12, 2]);
  assert.equal(around([7, "green"]).read(), null);
  assert.equal(around([7, "blue"]).heightNow(), 12);
});

test("a pinned scenario has the model's number where it has answered, else the curves' own", () => {
  const state = around([7, "red"]);
  assert.equal(around([4, "red"]).canPin(), false);
  assert.equal(state.canPin(), true);
  state.scenarios = state.withThisOne();
  assert.deepEqual(state.scenarios, [{ name: "A", changes: { x: 7 }, answer: { ...answer(7), link: [7] } }]);
  assert.equal(state.canPin(), false);
  state.answered(answer(7.5), [7, "red"]);
  assert.equal(state.withThisOne()[1]!.answer?.estimate, 7.5);
  state.hearPins({ A: { x: 7 }, B: { colour: "blue" } }, { B: answer(9) });
  assert.deepEqual(state.scenarios.map((one) => one.answer?.estimate), [7, 9]);
});

test("places and values of a strip, in the reader's words", () => {
  assert.deepEqual([placeIn(colour, "blue"), placeIn(colour, "green"), placeIn(column("x", 1), 3)], [1, null, 3]);
  assert.deepEqual([valueAt(colour, 0.8), valueAt(column("x", 1), 2.5)], ["blue", 2.5]);
  assert.deepEqual([shownValue(colour, "blue"), shownValue(colour, null)], ["Blue", "missing"]);
  assert.equal(around([4, "red"]).wordsAt(1, "blue"), "Blue: 9");
});

test("a long text is told by its beginning", () => {
  const note = column("note", "a", { kind: "text" });
  assert.deepEqual([shownValue(note, "short"), shownValue(note, null)], ["short", "missing"]);
  assert.equal(shownValue(note, "word ".repeat(40)).length, 49);
});
