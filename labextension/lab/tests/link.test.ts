import assert from "node:assert/strict";
import { test } from "node:test";

import { isNews } from "../src/messages";
import { Throttle } from "../src/throttle";
import { Waiting } from "../src/waiting";

test("each answer finds who asked, in any order, and errors come as errors", async () => {
  const waiting = new Waiting();
  const [first, second, third] = [waiting.open<number>(), waiting.open<number>(), waiting.open<number>()];
  waiting.take({ id: second.id, answer: 2 });
  waiting.take({ id: first.id, answer: 1 });
  waiting.take({ id: third.id, error: "no frame" });
  waiting.take({ id: "never asked", answer: 0 });
  assert.deepEqual(await Promise.all([first.answer, second.answer]), [1, 2]);
  await assert.rejects(third.answer, /no frame/);
});

test("a kernel that restarts leaves nobody waiting", async () => {
  const waiting = new Waiting();
  const asked = waiting.open();
  waiting.giveUp("the kernel restarts");
  await assert.rejects(asked.answer, /the kernel restarts/);
});

test("a hundred wishes in a moment are one look", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let looks = 0;
  const throttle = new Throttle(() => looks++, 250);
  for (let i = 0; i < 100; i++) throttle.ask();
  t.mock.timers.tick(250);
  assert.equal(looks, 1);
  throttle.ask();
  throttle.drop();
  t.mock.timers.tick(500);
  assert.equal(looks, 1);
});

test("a look that brings nothing new says only what was seen", () => {
  assert.equal(isNews({ seen: "a" }), false);
  assert.equal(isNews({ seen: "a", frames: [], hidden: 0, models: [], runs: [], next: "" }), true);
});
