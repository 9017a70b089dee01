import assert from "node:assert/strict";
import { test } from "node:test";
import { condition, worded, type Column } from "../src/cohort.ts";
import { axisOf, commonest, jitter, sentence } from "../src/dependence.ts";
import { inside, insideOf, type Point } from "../src/lasso.ts";
import { blend, stamps, type Mark } from "../src/marks.ts";
import { Near } from "../src/near.ts";
import { placeDots } from "../src/swarm.ts";
import { layout } from "../src/importance.ts";
import { sorted } from "../src/row_table.ts";
import { channels } from "../src/theme.ts";
import { ownNumber, shownCell } from "../src/values.ts";

const places = (n: number, seed: number) => Float32Array.from({ length: n }, (_, i) => ((i * 7919 + seed * 104_729) % 9973) / 12);

test("the nearest dot is that of a scan over all, and none where it is far", () => {
  const [xs, ys] = [places(3000, 1), places(3000, 2)];
  const near = new Near(xs, ys);
  for (let k = 0; k < 200; k++) {
    const [x, y] = [places(200, 3)[k]! - 5, places(200, 4)[k]! - 5];
    let best = 49;
    for (let i = 0; i < xs.length; i++) best = Math.min(best, (xs[i]! - x) ** 2 + (ys[i]! - y) ** 2);
    const found = near.nearest(x, y);
    if (best === 49) assert.equal(found, -1);
    else assert.ok(Math.abs((xs[found]! - x) ** 2 + (ys[found]! - y) ** 2 - best) < 1e-9);
  }
  assert.equal(new Near(new Float32Array(0), new Float32Array(0)).nearest(1, 1), -1);
  assert.equal(new Near([5, NaN], [5, NaN]).nearest(6, 6), 0);
});

test("a dot covers as much as its area, wherever between pixels it lies", () => {
  for (const { covers } of [stamps("disc", 2), stamps("disc", 3.7)]) for (const cover of covers) assert.ok(Math.abs(cover.reduce((a, b) => a + b) / covers[0]!.reduce((a, b) => a + b) - 1) < 0.03);
  const area = stamps("disc", 3).covers[0]!.reduce((a, b) => a + b);
  assert.ok(Math.abs(area / (Math.PI * 9) - 1) < 0.03);
});

test("dots are blended over one another, outside they are cut", () => {
  const marks: Mark[] = [{ rgb: [200, 100, 0], alpha: 0.5, shape: "square" }, { rgb: [0, 0, 0], alpha: 0, shape: "disc" }, { rgb: [0, 100, 200], alpha: 0.5, shape: "square" }];
  const drawn = (xs: number[], which: number[]) => blend(10, 10, { xs, ys: xs, which: new Uint8Array(which) }, marks, 3, 1);
  const at = (data: Uint8ClampedArray, x: number, y: number) => [...data.subarray(4 * (10 * y + x), 4 * (10 * y + x) + 4)];
  assert.deepEqual(at(drawn([5.5, 0], [0, 0]), 5, 5), [200, 100, 0, 128]);
  // The later one above: half of it, and a quarter of the one below.
  assert.deepEqual(at(drawn([5.5, 5.5], [0, 2]), 5, 5), [67, 100, 133, 191]);
  assert.deepEqual(at(drawn([5.5, 5.5], [2, 0]), 5, 5), [133, 100, 67, 191]);
  assert.deepEqual(at(drawn([9, NaN], [1, 0]), 9, 9), [0, 0, 0, 0]);
});

test("what is inside a line drawn around it", () => {
  const around: Point[] = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]]; // a notch from below
  assert.ok(inside(around, 2, 3) && inside(around, 8, 3));
  assert.ok(!inside(around, 5, 6) && !inside(around, -1, 3));
  assert.deepEqual(insideOf(around, [2, 5, 8, NaN], [3, 6, 3, 1]), [0, 2]);
});

test("numbers as their user wrote them", () => {
  assert.deepEqual([24, 2024, 12_345, -3, 0.1234567, -20_000, NaN].map(ownNumber), ["24", "2024", "12,345", "−3", "0.123457", "−20,000", "missing"]);
  assert.equal(shownCell({ texts: ["a", "missing"], cells: new Float64Array([1]) }, 0), "missing");
});

test("colours as the style sheet and as `mix` write them", () => {
  assert.deepEqual(channels("#2166ac"), [33, 102, 172]);
  assert.deepEqual(channels("rgb(1, 2,3)"), [1, 2, 3]);
});

test("rows in order: the largest first, what is not known last, ties as they were", () => {
  const by = new Float64Array([1, NaN, 3, 1]);
  assert.deepEqual(sorted(by, 4, false), [2, 0, 3, 1]);
  assert.deepEqual(sorted(by, 4, true), [0, 3, 2, 1]);
  assert.deepEqual(sorted(null, 3, false), [0, 1, 2]);
});

test("a condition is read by its column's kind", () => {
  const age: Column = { name: "age", kind: "number", texts: null };
  const job: Column = { name: "job", kind: "category", texts: ["cook", "1,000"] };
  assert.deepEqual(condition(age, ">", " 1,040 "), ["age", ">", 1040]);
  assert.equal(condition(age, ">", "old"), null);
  assert.equal(condition(age, ">", "missing"), null);
  assert.deepEqual(condition(age, "=", "missing"), ["age", "=", null]);
  assert.deepEqual(condition(job, "=", "1,000"), ["job", "=", "1,000"]);
  assert.deepEqual(condition(job, "!=", "smith"), ["job", "!=", "smith"]);
  assert.deepEqual(condition({ name: "x", kind: null, texts: null }, "<", "3"), ["x", "<", 3]);
  assert.equal(worded(["age", ">=", 40]), "age ≥ 40");
  assert.equal(worded(["job", "=", null]), "job = missing");
});

test("missing numbers stand left of all others; categories have bands", () => {
  const axis = axisOf({ kind: "number", levels: [], place: new Float64Array([10, 20, NaN]) });
  assert.ok(axis.low < axis.missing && axis.missing < 10 && axis.high > 20);
  assert.deepEqual(axisOf({ kind: "category", levels: ["a", "b"], place: new Float64Array([0, 1]) }), { low: -0.5, high: 1.5, missing: NaN });
  assert.deepEqual(axisOf({ kind: "number", levels: [], place: new Float64Array([NaN]) }).missing, 0);
  for (let i = 0; i < 1000; i++) assert.ok(Math.abs(jitter(i)) <= 0.3);
});

test("the commonest words have colours of their own", () => {
  assert.deepEqual(commonest({ texts: ["a", "b", "c"], cells: new Float64Array([2, 2, 0, 1, 1, 1]) }, 2), [1, 2]);
  assert.deepEqual(commonest({ texts: null, cells: new Float64Array([1]) }), []);
});

test("a sentence says what was found, and when nothing was", () => {
  const found = { name: "income", value: 0.612, low: 0.55, high: 1.2, found: true };
  const data = { column: "age", ownShare: 0.83, measure: "", strengths: [found] };
  assert.equal(sentence(data), "Its value alone tells 83 % of how its effect differs between rows. Acts together most with income: 61 % (55 % to 100 %) of the rest.");
  assert.match(sentence({ ...data, strengths: [{ ...found, found: false }] }), /No column is found/);
});

test("10,000 dots of 30 columns are placed where their effects are", () => {
  const columns = Array.from({ length: 30 }, (_, j) => ({ name: `c${j}`, importance: 1, low: 1, high: 1 }));
  const effects = Float32Array.from({ length: 300_000 }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5);
  const at = layout(columns, effects, 900);
  const { xs, ys } = placeDots({ columns, labels: new Array(10_000), effects }, at);
  assert.equal(xs[12_345], Math.fround(at.dots(effects[12_345]!)));
  assert.ok(ys.every((y) => y > 0 && y < at.floor));
});
