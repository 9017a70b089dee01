import assert from "node:assert/strict";
import { test } from "node:test";
import { nextAfter, tagsOf } from "../src/panels/runs.ts";
import { short, signedNumber, verdict, type Measure } from "../src/run_comparison.ts";
import { fits, heldWords, sorted, type Run } from "../src/run_table.ts";

const run = (id: string, more: Partial<Run> = {}): Run => ({
  id, name: "", tags: [], status: "done", kind: "train", began: "2026-01-01 10:00:00", target: "bad", rows: 100, score: null, metric: "auc",
  seconds: 1, message: "", open: "", resume: "", held: null, ...more,
});
const held = (value: number | null) => ({ label: "AUC", value, low: 0.7, high: 0.8, higher: true, rows: "k" });

test("runs are sorted, what is not known last, equals the newest first", () => {
  const runs = [run("a", { held: held(0.7) }), run("b"), run("c", { held: held(0.9), began: "2026-01-02" }), run("d", { began: "2026-01-03" })];
  const ids = (key: "held" | "name" | "began", down: boolean) => sorted(runs, { key, down }).map((one) => one.id).join("");
  assert.equal(ids("held", true), "cadb");
  assert.equal(ids("held", false), "acdb");
  assert.equal(ids("name", false), "abcd");
  assert.equal(ids("began", true), "dcab");
});

test("every word that is looked for must be there", () => {
  const one = run("k3fa-bad", { name: "First try", tags: ["baseline"], status: "stopped" });
  assert.deepEqual(["", "first base", "k3fa stopped", "second"].map((words) => fits(one, words)), [true, true, true, false]);
});

test("a held-out metric with its interval", () => {
  assert.equal(heldWords(run("a", { held: held(0.75) })), "AUC 0.7500 (0.700 to 0.800)");
  assert.equal(heldWords(run("a")), "–");
  assert.equal(heldWords(run("a", { held: held(null) })), "–");
});

test("the list is asked for while it is looked at, sooner while a run is live", () => {
  assert.equal(nextAfter([run("a")], false), 10_000);
  assert.equal(nextAfter([run("a"), run("b", { status: "running" })], false), 2000);
  assert.equal(nextAfter([run("b", { status: "running" })], true), Infinity);
});

test("tags are parted by commas, each once", () => {
  assert.deepEqual(tagsOf(" a, b c ,,a"), ["a", "b c"]);
  assert.deepEqual(tagsOf(""), []);
});

test("a verdict says no more than the interval", () => {
  const one: Measure = { label: "AUC", a: 0.8, b: 0.7, better: "a", difference: [0.1, 0.05, 0.15], share: 1, first: true };
  assert.equal(verdict(one, ["x", "y"]), "x is better");
  assert.equal(verdict({ ...one, better: "b" }, ["x", "y"]), "y is better");
  assert.equal(verdict({ ...one, better: "" }, ["x", "y"]), "within noise");
  assert.equal(verdict({ ...one, better: "", difference: [0.1, null, null] }, ["x", "y"]), "not known");
  assert.equal(short("a name"), "a name");
  assert.equal(short("🐟".repeat(40)), `${"🐟".repeat(27)}…`);
  assert.equal(signedNumber(0.0123), "+0.0123");
  assert.equal(signedNumber(-0.5), "−0.5");
});
