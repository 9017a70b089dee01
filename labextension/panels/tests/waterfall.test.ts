import assert from "node:assert/strict";
import { test } from "node:test";
import { largestFirst, probability, running, type Step } from "../src/waterfall.ts";

const step = (name: string, value: number, error = 0.1): Step => ({ name, shown: "1", value, error });

test("the largest come first, and the sum stays", () => {
  const steps = Array.from({ length: 20 }, (_, i) => step(`c${i}`, (i % 2 ? -1 : 1) * (i + 1)));
  const shown = largestFirst(steps, 12);
  assert.equal(shown.length, 12);
  assert.equal(shown[0]!.name, "c19");
  assert.equal(shown[11]!.name, "9 other columns");
  const sum = (list: Step[]) => list.reduce((total, one) => total + one.value, 0);
  assert.ok(Math.abs(sum(shown) - sum(steps)) < 1e-9);
  assert.ok(Math.abs(shown[11]!.error - 0.9) < 1e-9);
});

test("few steps are all shown", () => {
  assert.equal(largestFirst([step("a", 1), step("b", -2)]).map((one) => one.name).join(), "b,a");
});

test("levels run from the base to the prediction", () => {
  assert.deepEqual(running(1, [step("a", 2), step("b", -0.5)]), [1, 3, 2.5]);
});

test("log-odds to probability", () => {
  assert.equal(probability(0), 0.5);
  assert.equal(probability(-2000), 0);
});
