import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../src/controls.ts";
import { paths } from "../src/object_picture.ts";
import { shownValue } from "../src/whatif_state.ts";

test("lines of a series lie under one another, and end where there is no number", () => {
  const [one, two] = paths([[0, 1, 0.5], [1, null, 0]], 100, 40);
  assert.equal(one, "M0.0 19.0L50.0 1.0L100.0 10.0");
  assert.equal(two, "M0.0 21.0M100.0 39.0");
});

test("an object is told by the row that it is of, items by how many and the last", () => {
  const column = (kind: Column["kind"]): Column => ({ name: "x", kind, low: null, high: null, step: 1, categories: [{ value: "row 3", shown: "that of row 17" }], value: null, nullable: true });
  assert.equal(shownValue(column("object"), "row 3"), "that of row 17");
  assert.equal(shownValue(column("object"), null), "missing");
  assert.equal(shownValue(column("items"), "milk\n\ntea"), "2 items, the last tea");
  assert.equal(shownValue(column("items"), "milk"), "milk");
});
