import assert from "node:assert/strict";
import { test } from "node:test";
import { shadeMarks, stack, whichMark } from "../src/beeswarm.ts";
import { layout } from "../src/importance.ts";
import { heightColour, mix, type Colours } from "../src/theme.ts";

test("dots of one place are stacked from the middle, inside their row", () => {
  const ys = stack(new Float32Array(100).fill(5), 50, 10);
  assert.equal(ys[0], 50);
  assert.ok(new Set(ys).size === 100);
  assert.ok(Math.min(...ys) >= 39.9 && Math.max(...ys) <= 60.1);
});

test("dots apart stay on the line", () => {
  assert.deepEqual([...stack(new Float32Array([0, 50, 100]), 7, 10)], [7, 7, 7]);
});

test("10,000 dots of 30 features are placed quickly", () => {
  const xs = Float32Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 400);
  const begun = performance.now();
  for (let j = 0; j < 30; j++) stack(xs, 0, 10);
  assert.ok(performance.now() - begun < 1000);
});

test("rows that are not selected are faint, values without an order have their own mark", () => {
  const shades = new Uint8Array([0, 254, 255]);
  assert.deepEqual([...whichMark(shades, null)], [0, 15, 16]);
  assert.deepEqual([...whichMark(shades, new Uint8Array([1, 0, 0]))], [0, 32, 33]);
  const marks = shadeMarks({ down: "#0000ff", mid: "#808080", up: "#ff8000", other: "#010203" } as Colours);
  assert.equal(marks.length, 34);
  assert.deepEqual(marks[16]!.rgb, [1, 2, 3]);
  assert.ok(marks[33]!.alpha < marks[16]!.alpha);
});

test("colours go from blue over grey to orange", () => {
  const theme = { down: "#0000ff", mid: "#808080", up: "#ff8000" } as Colours;
  assert.equal(heightColour(0, theme), "rgb(0,0,255)");
  assert.equal(heightColour(0.5, theme), "rgb(128,128,128)");
  assert.equal(heightColour(1, theme), "rgb(255,128,0)");
  assert.equal(mix("#000000", "#ffffff", 0.5), "rgb(128,128,128)");
});

test("the layout holds zero and every value", () => {
  const at = layout([{ name: "a", importance: 1, low: 0.9, high: 1.1 }], new Float32Array([0.5, 3]), 800);
  assert.ok(at.dots(0) >= at.dots.start && at.dots(3) <= at.dots.end + 0.001);
  assert.ok(at.bars.end < at.dots.start);
});
