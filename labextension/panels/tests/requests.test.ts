import assert from "node:assert/strict";
import { test } from "node:test";
import { LatestWins, type Question } from "../src/requests.ts";

function recorded(): { sent: [number, Question][]; requests: LatestWins } {
  const sent: [number, Question][] = [];
  return { sent, requests: new LatestWins((id, question) => sent.push([id, question])) };
}

test("one question is under way; of those that wait, the latest wins", () => {
  const { sent, requests } = recorded();
  for (let value = 0; value < 50; value++) requests.ask({ changes: { a: value }, explain: false });
  assert.equal(sent.length, 1);
  assert.equal(requests.answered(1), false); // something newer waited, and is asked now
  assert.deepEqual(sent.map(([id, question]) => [id, question.changes.a]), [[1, 0], [2, 49]]);
  assert.equal(requests.answered(2), true);
});

test("a wish for an explanation, or for curves, is not lost to a newer question without one", () => {
  const { sent, requests } = recorded();
  requests.ask({ changes: {}, explain: false });
  requests.ask({ changes: { a: 1 }, explain: true, rest: true });
  requests.ask({ changes: { a: 2 }, explain: false });
  assert.equal(requests.open, true);
  requests.answered(1);
  assert.deepEqual(sent[1], [2, { changes: { a: 2 }, explain: true, rest: true }]);
  requests.answered(2);
  assert.equal(requests.open, false);
});

test("answers to older questions are nobody's", () => {
  const { requests } = recorded();
  requests.ask({ changes: {}, explain: false });
  assert.equal(requests.answered(7), false);
  assert.equal(requests.answered(1), true);
});
