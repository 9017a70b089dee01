import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Model } from "../src/host.ts";
import { Line, type State } from "../src/line.ts";

type Listener = (...parts: any[]) => void;

/** A comm that a test speaks through, and that can be broken. */
class Comm {
  sent: any[] = [];
  broken = false;
  comm_live = true;
  private readonly heard = new Map<string, Listener[]>();
  get = () => null;
  on = (event: string, heard: Listener) => void this.heard.set(event, [...(this.heard.get(event) ?? []), heard]);
  off = (event: string, heard?: Listener) => void this.heard.set(event, (this.heard.get(event) ?? []).filter((one) => one !== heard));
  send = (content: unknown) => {
    if (this.broken) throw new Error("no comm");
    this.sent.push(content);
  };
  fire = (event: string, ...parts: unknown[]) => this.heard.get(event)?.forEach((heard) => heard(...parts));
  answer = (content: object) => this.fire("msg:custom", content, []);
}

function opened(t: TestContext, everyone: string[] = []) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const comm = new Comm();
  const states: State[] = [];
  const heard: [string, boolean][] = [];
  const hears = (name: string) => (_: unknown, __: unknown, own: boolean) => heard.push([name, own]);
  const line = new Line(comm as unknown as Model, { row: hears("row"), list: hears("list"), trouble: hears("trouble") }, (state) => states.push(state), everyone);
  const view = () => comm.sent.at(-1).view;
  return { comm, states, heard, line, view, wait: (ms: number) => t.mock.timers.tick(ms) };
}

test("a kernel is busy while an answer does not come, and here again when all have", (t) => {
  const { comm, states, heard, line, view, wait } = opened(t);
  line.ask({ type: "row", row: 1 });
  wait(600);
  line.ask({ type: "row", row: 2 });
  wait(600);
  assert.deepEqual(states, []);
  wait(200);
  assert.deepEqual([states, line.waits], [["busy"], true]);
  comm.answer({ type: "row", view: view() });
  assert.deepEqual(states, ["busy"]);
  comm.answer({ type: "row", view: view() });
  assert.deepEqual([states, line.waits], [["busy", "here"], false]);
  assert.deepEqual(heard, [["row", true], ["row", true]]);
  line.close();
  wait(5000);
});

test("a quick answer is no news, and another view's answer is none of ours unless it is everyone's", (t) => {
  const { comm, states, heard, line, view, wait } = opened(t, ["list"]);
  line.ask({ type: "row" });
  comm.answer({ type: "row", view: "another" });
  comm.answer({ type: "list", view: "another" });
  comm.answer({ type: "row", view: view() });
  wait(5000);
  assert.deepEqual([states, heard], [[], [["list", false], ["row", true]]]);
});

test("what cannot be answered goes where troubles go, and is an answer", (t) => {
  const { comm, heard, line, view, states, wait } = opened(t);
  line.ask({ type: "row" });
  comm.answer({ type: "row", view: view(), error: "no row" });
  wait(5000);
  assert.deepEqual([heard, states], [[["trouble", true]], []]);
});

test("a comm that closes is lost until somebody answers the probe; nothing is asked meanwhile", (t) => {
  const { comm, states, line, view } = opened(t);
  comm.comm_live = false;
  comm.fire("comm:close");
  assert.deepEqual([states, line.lost, comm.sent.at(-1).type], [["lost"], true, "alive"]);
  assert.equal(line.ask({ type: "row" }), false);
  assert.equal(comm.sent.length, 1);
  comm.answer({ type: "alive", view: view() });
  assert.deepEqual([states, line.lost], [["lost", "here"], false]);
  assert.equal(line.ask({ type: "row" }), true);
});

test("a comm that cannot be written to is lost, and a closed line hears nothing", (t) => {
  const { comm, states, heard, line } = opened(t);
  comm.broken = true;
  assert.equal(line.ask({ type: "row" }), false);
  assert.deepEqual(states, ["lost"]);
  line.close();
  comm.answer({ type: "row", view: undefined });
  assert.deepEqual(heard, []);
});
