import assert from "node:assert/strict";
import { test } from "node:test";
import { driftWords, turned, typed, type Card, type Decisions, type Drift } from "../src/column_card.ts";
import { arranged, waits } from "../src/panels/data.ts";
import { binAt, parts, steps, wordsOf, type Spread } from "../src/spread.ts";

const none: Decisions = { drop: [], types: {}, immutable: [] };
const drift: Drift = { verdict: "large", chip: "serious", psi: 0.4, chance: 0.01, measure: "KS", distance: 0.2, p: 0.0001, missing: [0, 0], new: [], newShare: 0, problem: "" };
const card = (name: string, missing = 0, of: Drift | null = null) => ({ name, missing, drift: of }) as Card;
const spread: Spread = { bins: ["0 to 1", "1 to 2"], counts: [1500, 500], shares: [0.75, 0.25], classes: ["no", "yes"], byClass: [[1000, 100], [500, 400]], means: [], second: [0.5, 0.5] };

test("the words of a bin are all the numbers drawn there", () => {
  assert.equal(wordsOf(spread, 0), "0 to 1: 1,500 rows (75.0 %) · no 1,000 · yes 500 · second frame 50.0 %");
  assert.equal(wordsOf({ ...spread, classes: [], byClass: [], second: [], means: [1.5, null] }, 0), "0 to 1: 1,500 rows (75.0 %) · mean of the target 1.5");
});

test("the bin under the pointer", () => {
  assert.deepEqual([-0.2, 0, 0.49, 0.5, 1].map((share) => binAt(share, 2)), [0, 0, 0, 1, 1]);
});

test("shares add up to one, and steps rise with them", () => {
  assert.deepEqual(parts([1, 3]), [0.25, 0.75]);
  assert.deepEqual(parts([0, 0]), [0, 0]);
  assert.equal(steps([0, 1], 1), "M0 60.0V60.0h150.00V4.0h150.00");
});

test("leaving a column out takes back its type, and a type takes it in again", () => {
  const told = typed(none, "a", "category");
  assert.deepEqual(told.types, { a: "category" });
  const out = turned(told, "a", "drop", true);
  assert.deepEqual(out, { drop: ["a"], types: {}, immutable: [] });
  assert.deepEqual(typed(out, "a", "numeric"), { drop: [], types: { a: "numeric" }, immutable: [] });
  assert.deepEqual(typed(told, "a", ""), none);
  assert.deepEqual(turned(turned(none, "a", "immutable", true), "a", "immutable", false), none);
});

test("only decisions about reading the frame wait for a new check", () => {
  assert.equal(waits({ ...none, immutable: ["a"] }, { drop: [], types: {} }), false);
  assert.equal(waits({ ...none, drop: ["b", "a"] }, { drop: ["a", "b"], types: {} }), false);
  assert.equal(waits({ ...none, types: { a: "category" } }, { drop: [], types: {} }), true);
});

test("cards are found, filtered and ordered", () => {
  const cards = [card("Age", 0.1), card("zip", 0.5, { ...drift, verdict: "none", psi: 0.01 }), card("job", 0, drift)];
  const names = (...how: [Parameters<typeof arranged>[3], string, string]) => arranged(cards, [{ column: "zip" }, { column: null }], { ...none, drop: ["Age"] }, ...how).map((one) => one.name);
  assert.deepEqual(names("all", "", "table"), ["Age", "zip", "job"]);
  assert.deepEqual(names("all", "AG", "table"), ["Age"]);
  assert.deepEqual(names("findings", "", "table"), ["zip"]);
  assert.deepEqual(names("drift", "", "table"), ["job"]);
  assert.deepEqual(names("decided", "", "table"), ["Age"]);
  assert.deepEqual(names("all", "", "drift"), ["job", "zip", "Age"]);
  assert.deepEqual(names("all", "", "missing"), ["zip", "Age", "job"]);
});

test("drift in words", () => {
  assert.equal(driftWords(drift), "PSI 0.400 (by chance 0.010) · KS 0.200 · p < 0.001");
  assert.equal(driftWords({ ...drift, new: ["<b>x</b>"], newShare: 0.2, missing: [0, 0.5] }), "PSI 0.400 (by chance 0.010) · KS 0.200 · p < 0.001 · missing 0 % → 50 % · new: <b>x</b> (20 %)");
  assert.equal(driftWords({ ...drift, problem: "was numbers; found words" }), "was numbers; found words");
});
