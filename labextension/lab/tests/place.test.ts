import assert from "node:assert/strict";
import { test } from "node:test";

import type { TrainForm } from "../src/messages";
import { aboutModel, aboutRun, label, sign, size, splitOf, targets } from "../src/place";
import { wishesOf } from "../src/settings";

test("sizes, scores and states read as people write them", () => {
  assert.equal(size({ rows: 5_000_000, columns: 200 }), "5,000,000 × 200");
  assert.equal(aboutModel({ name: "m", target: "bad", task: "binary", metric: "auc", score: 0.7861 }), "bad · binary · AUC 0.786");
  assert.equal(aboutModel({ name: "m", target: "price", task: "regression", metric: "", score: null }), "price · regression");
  const run = { id: "k3fa", status: "running", kind: "train", message: "", began: "", metric: "log_loss", score: 0.5, seconds: 75 };
  assert.equal(aboutRun(run), "running · log loss 0.500 · 1 min 15 s");
  assert.equal(aboutRun({ ...run, status: "killed", score: null, seconds: 0 }), "killed");
  assert.equal(label("log_loss"), "log loss");
  assert.notEqual(sign("running"), sign("done"));
  assert.equal(sign("something new"), "•");
});

test("likely targets come first, and each column once", () => {
  const columns = ["age", "bad", "<b>"].map((name) => ({ name, kind: "" }));
  const form = { columns, likely: ["bad"] } as unknown as TrainForm;
  assert.deepEqual(targets(form), { likely: ["bad"], others: ["age", "<b>"] });
});

test("a split by a column is left out until its column is chosen", () => {
  assert.equal(splitOf("", "x"), "");
  assert.equal(splitOf("random", "x"), "random");
  assert.equal(splitOf("group", ""), "");
  assert.equal(splitOf("time", "day of year"), "time:day of year");
});

test("settings of the wrong kind keep their defaults", () => {
  assert.deepEqual(wishesOf({ shortcuts: "yes", refreshSeconds: 0, budget: 7 }), { shortcuts: true, refreshSeconds: 2, budget: "60s" });
  assert.deepEqual(wishesOf({ shortcuts: false, refreshSeconds: 5, budget: "" }), { shortcuts: false, refreshSeconds: 5, budget: "" });
});
