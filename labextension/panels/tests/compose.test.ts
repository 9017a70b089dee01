import assert from "node:assert/strict";
import { test } from "node:test";
import { Around, chances, unpacked, type Answered } from "../src/compose.ts";
import type { Column, Value } from "../src/controls.ts";
import { distanceWords, sourceWords } from "../src/distance_words.ts";
import { python, withValue } from "../src/pages/report.ts";

const curve = (ordered: boolean, points: Value[]) => ({ ordered, points, from: 0, to: 4, bars: [1] });
const columns = [
  { name: "age", kind: "numeric", curve: curve(true, [0, 2, 4, null]) },
  { name: "job", kind: "category", curve: curve(false, ["a", "b"]) },
  { name: "sum", kind: "numeric", curve: curve(true, [0, 4]) },
] as Column[];
// The model: age + 10 * (job is b) + age * (job is b) + sum; a missing age counts 7. The row: age 1, job a, sum 0.
const outputs = new Float32Array([0, 2, 4, 7, 1, 12, 1, 5]);
const beside = [[0, 2, 3], [0, 1], [0, 1]];
const together = new Float32Array([0, -1, 0, 3, 0, 6]);
const around = new Around(columns, beside, [1, "a", 0], [1], outputs, [[0, 1]], together);
const answer = (...values: Value[]) => around.answer(values) as Answered;

test("the row itself is the model's answer", () => {
  assert.deepEqual(answer(1, "a", 0), { outputs: [1], moved: [], pairs: 0, of: 0 });
});

test("one change is read off its curve, between points too", () => {
  assert.deepEqual(answer(2, "a", 0).outputs, [2]);
  assert.deepEqual(answer(3, "a", 0).outputs, [3]);
  assert.deepEqual(answer(null, "a", 0).outputs, [7]);
  assert.deepEqual(answer(1, "b", 0).outputs, [12]);
});

test("two changes are what their pair says, between points and from the row's own value on", () => {
  assert.deepEqual(answer(4, "b", 0), { outputs: [18], moved: [0, 1], pairs: 1, of: 1 });
  assert.deepEqual(answer(0, "b", 0).outputs, [10]);
  assert.deepEqual(answer(2.5, "b", 0).outputs, [15]);
  assert.deepEqual(answer(null, "b", 0).outputs, [24]);
});

test("more changes are put together from curves and the pairs that are known", () => {
  assert.deepEqual(answer(4, "b", 4), { outputs: [22], moved: [0, 1, 2], pairs: 1, of: 3 });
});

test("where a curve does not reach there is no answer, and the column is named", () => {
  assert.equal(around.answer([9, "a", 0]), 0);
  assert.equal(around.answer([1, "other", 0]), 1);
});

test("two bytes a number, little-endian", () => {
  assert.deepEqual([...unpacked({ low: -1, step: 0.5, numbers: btoa("\u0000\u0000\u0001\u0000\u0000\u0001") })], [-1, -0.5, 127]);
});

test("chances come from straight lines between logs of hazards", () => {
  const hazard = { low: 0, step: 1, logs: [[-1, 0, 1], [0, 1, 2]] };
  const close = (z: number, logs: number[]) => chances(hazard, z).forEach((p, i) => assert.ok(Math.abs(p - Math.exp(-Math.exp(logs[i]!))) < 1e-5));
  close(0.5, [-0.5, 0.5]);
  close(2, [1, 2]);
  close(-9, [-1, 0]);
});

const distances = [
  { changed: 1, mean: 0.0001, most: 0.0004, n: 597 },
  { changed: 4, mean: 0.002, most: 0.0086, n: 1595 },
];

test("how far an answer is from the model is that of the next larger number of changes", () => {
  assert.equal(distanceWords(distances, 0, true, ""), "");
  assert.equal(distanceWords(distances, 1, true, ""), "Tried on 597 random changes of one column: 0.01 points from the model on average, at most 0.04 points in 95 of 100.");
  assert.match(distanceWords(distances, 2, true, ""), /1,600|1,595/);
  assert.match(distanceWords(distances, 3, false, "euro"), /4 columns: 0.002 euro/);
  assert.match(distanceWords(distances, 5, true, ""), /not tried; of 4 /);
});

test("what answers", () => {
  assert.equal(sourceWords([], 0, 0), "The model's own answer for this row.");
  assert.equal(sourceWords(["age"], 0, 0), "Read off the curve of age.");
  assert.equal(sourceWords(["age", "job"], 1, 1), "Read off what was measured of age and job together.");
  assert.equal(sourceWords(["age", "job"], 0, 1), "Put together from 2 curves and no pair of them.");
  assert.equal(sourceWords(["a", "b", "c"], 2, 3), "Put together from 3 curves and 2 of 3 pairs of them.");
  assert.equal(sourceWords(["a", "b", "c"], 3, 3), "Put together from 3 curves and all 3 pairs of them.");
});

test("a row's own category can be chosen though it has no point, and values are written as Python's", () => {
  const column = { name: "job", kind: "category", categories: [{ value: "a", shown: "a" }], nullable: false } as unknown as Omit<Column, "value">;
  assert.deepEqual(withValue(column, "rare").categories.map((one) => one.value), ["rare", "a"]);
  assert.equal(withValue(column, null).nullable, true);
  assert.deepEqual([null, true, false, 1.5, 'a"b'].map(python), ["None", "True", "False", "1.5", '"a\\"b"']);
});
