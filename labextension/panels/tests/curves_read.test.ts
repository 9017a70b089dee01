import assert from "node:assert/strict";
import { test } from "node:test";
import { against, brief, fromCurves, type Answer } from "../src/answer.ts";
import { matches, snap, type Column } from "../src/controls.ts";
import { Curves, dayAt, placeOf, shown } from "../src/curves_read.ts";
import { nextName, sameChanges } from "../src/scenarios.ts";
import { changesOfWay } from "../src/ways.ts";

type Curved = Pick<Column, "kind" | "curve">;
const curve = (ordered: boolean, points: (number | string | null)[]) => ({ ordered, points, from: 0, to: 10, bars: [] });
const columns: Curved[] = [
  { kind: "numeric", curve: curve(true, [0, 10, null]) },
  { kind: "category", curve: curve(false, ["a", "b"]) },
  { kind: "datetime", curve: curve(true, [18262, 18272]) },
];
// The row is 4, "a", 2020-01-01; its output 1.
const curves = () => new Curves(columns, new Float32Array([0, 3, -2, 1, 5, 1, 11]), [4, "a", "2020-01-01"], [1]);

test("a prediction is read off the curve, straight between its points, exact at the row itself", () => {
  assert.deepEqual(curves().read(0, 10), [3]);
  assert.deepEqual(curves().read(0, 4), [1]);
  assert.deepEqual(curves().read(0, 2), [0.5]);
  assert.deepEqual(curves().read(0, 7), [2]);
  assert.deepEqual(curves().read(0, null), [-2]);
  assert.deepEqual(curves().read(1, "b"), [5]);
  assert.deepEqual(curves().read(2, "2020-01-06"), [6]);
});

test("where no curve reaches, the page does not know", () => {
  assert.equal(curves().read(0, 11), null);
  assert.equal(curves().read(0, -1), null);
  assert.equal(curves().read(1, "never seen"), null);
  assert.equal(curves().predict([4, "c", "2020-01-01"]), null);
  const bare = new Curves([{ kind: "numeric" }], new Float32Array([]), [4], [1]);
  assert.equal(bare.read(0, 5), null);
  assert.deepEqual(bare.predict([4]), { outputs: [1], moved: 0 });
});

test("one column moved is its curve; several are added up, and counted", () => {
  assert.deepEqual(curves().predict([10, "a", "2020-01-01"]), { outputs: [3], moved: 1 });
  assert.deepEqual(curves().predict([10, "b", "2020-01-01"]), { outputs: [7], moved: 2 });
});

test("outputs of several classes stay together", () => {
  const several = new Curves([{ kind: "numeric", curve: curve(true, [0, 10]) }], new Float32Array([0, 1, 10, 21]), [5], [7, 8]);
  assert.deepEqual(several.read(0, 10), [10, 21]);
  assert.deepEqual(several.read(0, 7.5), [8.5, 14.5]);
  assert.deepEqual(several.line(0).map((one) => one.place), [0, 5, 10]);
});

test("outputs become what people read", () => {
  assert.deepEqual(shown("sigmoid", [0]), [0.5, 0.5]);
  assert.deepEqual(shown("softmax", [800, 800]), [0.5, 0.5]);
  assert.deepEqual(shown("identity", [42]), [42]);
});

test("dates are places in days, in UTC", () => {
  assert.equal(placeOf({ kind: "datetime" }, "1970-01-03"), 2);
  assert.equal(placeOf({ kind: "datetime" }, "1970-01-03T12:00:00"), 2.5);
  assert.equal(placeOf({ kind: "datetime" }, null), null);
  assert.equal(placeOf({ kind: "datetime" }, "soon"), null);
  assert.equal(dayAt(18262), "2020-01-01");
});

const answer: Answer = {
  prediction: "no", link: [0], probabilities: [{ name: "no", value: 0.5 }, { name: "yes", value: 0.5 }], positive: "yes",
  estimate: null, what: "predicted", unit: "log-odds", threshold: 0.7, code: "", waterfall: null,
};

test("what the curves say is decided at the model's own threshold", () => {
  assert.equal(fromCurves(answer, "sigmoid", [0.8]).prediction, "no");
  assert.equal(fromCurves(answer, "sigmoid", [0.9]).prediction, "yes");
  assert.equal(brief(fromCurves(answer, "sigmoid", [0.9])), "71.1 %");
  assert.equal(against(fromCurves(answer, "sigmoid", [0.9]), answer), "predicted yes · +21.1 points against the row as it is");
  assert.equal(against(answer, answer), "predicted no · as the row is");
});

test("an estimate and the chances of a time are read as they are", () => {
  const estimate = { ...answer, probabilities: [], positive: null, threshold: null, estimate: 3, unit: "euro" };
  assert.equal(brief(fromCurves(estimate, "identity", [1250])), "1,250");
  const times = ["1", "5", "9"].map((by) => ({ name: `no event by ${by}`, value: 0.5 }));
  const timed = { ...estimate, estimate: null, what: "median time", probabilities: times, positive: "no event by 5" };
  assert.equal(brief(fromCurves(timed, "identity", [0.9, 0.6, 1.2])), "60.0 %");
  assert.equal(fromCurves(timed, "identity", [0.9, 0.6, 1.2]).probabilities[2]!.value, 1);
});

test("of thousands of categories those are offered that hold what is typed", () => {
  const words = Array.from({ length: 10_000 }, (_, i) => `city ${i}`);
  assert.equal(matches(words, "").length, 60);
  assert.deepEqual(matches(words, "CITY 9999"), ["city 9999"]);
  assert.deepEqual(matches(["north by", "by the sea"], "by"), ["by the sea", "north by"]);
  assert.deepEqual(matches(words, "village"), []);
});

test("a slider stops at steps, and at its ends", () => {
  const ends = { from: 0.5, to: 10.2 };
  assert.equal(snap(3.6, 1, ends), 4);
  assert.equal(snap(3.6123, 0.05, ends), 3.6);
  assert.equal(snap(99, 1, ends), 10.2);
  assert.equal(snap(-1, 1, ends), 0.5);
});

test("scenarios are named by letters and known by their changes", () => {
  assert.equal(nextName([]), "A");
  assert.equal(nextName(["A", "C"]), "B");
  assert.equal(sameChanges({ a: 1 }, { a: 1 }), true);
  assert.equal(sameChanges({ a: 1 }, { a: 1, b: 2 }), false);
  assert.equal(sameChanges({ a: null }, { b: null }), false);
  const way = { changes: [{ name: "<b>", before: "1", after: "2", value: 2 }], number: 0, distance: 0, plausibility: 0, valid: true, unlikely: [] };
  assert.deepEqual(changesOfWay(way), { "<b>": 2 });
});
