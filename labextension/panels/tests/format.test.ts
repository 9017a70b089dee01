import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalsFor, metric, number, percent, seconds, signed } from "../src/format.ts";

// The same cases as tests/pictures/test_numbers.py: a panel and its twin must write a number alike.
test("numbers", () => {
  const cases: [number | null, string][] = [
    [1234567.8, "1,234,568"], [0.78634, "0.786"], [24, "24"], [null, "–"], [NaN, "–"], [1.5e-9, "1.5e-9"],
    [-0.5, "−0.5"], [0, "0"], [Infinity, "∞"], [99999, "99,999"], [0.00012, "0.00012"],
  ];
  for (const [value, words] of cases) assert.equal(number(value), words);
});

test("contributions keep their sign, nothing keeps none", () => {
  assert.deepEqual([signed(0.517), signed(-0.3), signed(0), signed(0.001)], ["+0.52", "−0.30", "0.00", "0.00"]);
});

test("shares", () => {
  assert.deepEqual([0.3, 0.0123, 0.0004, 1, 0.985].map((v) => percent(v)), ["30 %", "1.2 %", "<0.1 %", "100 %", "98.5 %"]);
});

test("metrics and spans of time", () => {
  assert.deepEqual([0.78634, 573.24, 12345.6].map(metric), ["0.786", "573.2", "12,346"]);
  assert.deepEqual([0.42, 42, 185, 7440, 3600].map(seconds), ["0.4 s", "42 s", "3 min 5 s", "2 h 4 min", "1 h"]);
});

test("decimals of effects", () => {
  assert.deepEqual([[1.04], [0.3], [0.03], [1040], []].map(decimalsFor), [2, 2, 3, 0, 2]);
});
