import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnChannels, labelled, sharesOf, wordsOf, type Part } from "../src/inside_shapes.ts";
import { nextPart } from "../src/inside_body.ts";

const part = (number: number, value: number, half = 0): Part => ({ part: number, name: `part ${number + 1}`, shown: "", value, half, decimals: 2 });
const parts = [part(2, -3, 0.5), part(0, 1.5), part(1, 0.1)];

test("a part says its name, its value with its sign, and its interval", () => {
  assert.equal(wordsOf(parts[0]!), "part 3: −3.000 ± 0.5");
  assert.equal(wordsOf(parts[1]!), "part 1: +1.500");
});

test("the strongest part has all of the colour, and numbers go to those worth one", () => {
  assert.deepEqual([...sharesOf(parts)].map(([k, v]) => [k, Math.round(v * 1000) / 1000]), [[2, 1], [0, 0.5], [1, 0.033]]);
  assert.deepEqual(labelled(parts).map((one) => one.part), [2, 0]);
  assert.deepEqual([...sharesOf([part(0, 0)]).values()], [0]);
});

test("arrows go round the parts by strength", () => {
  assert.equal(nextPart(parts, null, 1), 2);
  assert.equal(nextPart(parts, null, -1), 1);
  assert.equal(nextPart(parts, 2, 1), 0);
  assert.equal(nextPart(parts, 1, 1), 2);
  assert.equal(nextPart(parts, 2, -1), 1);
});

test("of many channels the strongest are drawn, in their own order", () => {
  const fields = Array.from({ length: 30 }, (_, k): [number, number, number][] => [[k, 0, 5]]);
  const values = Array.from({ length: 30 }, (_, k) => part(k, k === 3 ? -9 : k));
  const drawn = drawnChannels(fields, values.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)));
  assert.equal(drawn.length, 24);
  assert.ok(drawn.includes(3) && drawn.includes(29) && !drawn.includes(0));
  assert.deepEqual(drawn, [...drawn].sort((a, b) => a - b));
});
