import assert from "node:assert/strict";
import { test } from "node:test";
import { confused, rows } from "../src/matrix.ts";
import { cheapest, cost, curve, decisions, nearest, read, share } from "../src/thresholds.ts";

// Five rows: 0.9 yes, 0.7 no, 0.7 yes, 0.2 no, 0.1 yes; at 0, 0.5, 0.8 and 1.
const buffer = new Float64Array([0, 0.5, 0.8, 1, 3, 2, 1, 0, 2, 1, 0, 0]).buffer;
const counts = { ...read(buffer, 4), positives: 3, negatives: 2, effective: 1 };

test("counts at a stop are the confusion matrix", () => {
  assert.deepEqual(decisions(counts, 1).matrix, [[1, 1], [1, 2]]);
  assert.equal(decisions(counts, 1).alerts, 3);
  assert.equal(decisions(counts, 3).precision, null);
});

test("the nearest stop is found from both sides", () => {
  assert.deepEqual([-1, 0.2, 0.3, 0.66, 0.64, 2].map((t) => nearest(counts, t)), [0, 0, 1, 2, 1, 3]);
});

test("shares carry Wilson's interval", () => {
  const found = share(3, 10, 1)!;
  assert.ok(Math.abs(found.low - 0.10779127) < 1e-7 && Math.abs(found.high - 0.60322186) < 1e-7);
  assert.equal(share(0, 0, 1), null);
});

test("the cheapest stop follows the costs", () => {
  assert.equal(cost(counts, 1, { falseAlarm: 2, missed: 7 }), 9);
  assert.equal(cheapest(counts, { falseAlarm: 1, missed: 100 }), 0);
  assert.equal(counts.thresholds[cheapest(counts, { falseAlarm: 100, missed: 1 })], 0.8);
});

test("a curve leaves out what it repeats and what is not known", () => {
  const line = curve(counts, (i) => (i === 3 ? null : [counts.alarms[i]! > 0 ? 1 : 0, 1]));
  assert.deepEqual(line, { xs: [1, 0], ys: [1, 1] });
});

test("weights and pairs of classes in words", () => {
  assert.deepEqual([rows(3), rows(1234), rows(2.25), rows(0.1 + 0.2)], ["3", "1,234", "2.3", "0.3"]);
  assert.deepEqual(confused([[5, 1, 0], [4, 4, 0], [0, 0, 9]], ["<a>", "b", "c"]), ["b decided as <a>: 4 (50 % of b)", "<a> decided as b: 1 (17 % of <a>)"]);
});
