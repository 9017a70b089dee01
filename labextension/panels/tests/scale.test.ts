import assert from "node:assert/strict";
import { test } from "node:test";
import { extent, niceExtent, scale, ticks } from "../src/scale.ts";

test("ticks are round and inside", () => {
  assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(-3, 12, 4), [0, 5, 10]);
  for (const [low, high] of [[0.013, 0.0192], [-1e6, 3e7], [5, 5.001]] as [number, number][]) {
    const marks = ticks(low, high);
    assert.ok(marks.length >= 2 && marks.length <= 12);
    assert.ok(marks.every((v) => v >= low - 1e-9 && v <= high + 1e-9));
  }
});

test("ticks of nothing", () => {
  assert.deepEqual(ticks(NaN, 1), []);
  assert.deepEqual(ticks(2, 2), [2]);
});

test("a scale maps its ends, and a single value to the middle", () => {
  const at = scale(0, 10, 100, 200);
  assert.deepEqual([at(0), at(10), at(5)], [100, 200, 150]);
  assert.equal(scale(3, 3, 0, 10)(3), 5);
});

test("extents leave out what is not finite", () => {
  assert.deepEqual(extent([NaN, 1, Infinity, 3], 0), [1, 3]);
  assert.deepEqual(extent([]), [0, 1]);
  assert.deepEqual(niceExtent([0.31, 0.88]), [0.2, 1]);
});
