import assert from "node:assert/strict";
import { test } from "node:test";

import { HostedWidget } from "../src/hosted";
import { folderOf, relative } from "../src/paths";

type Said = { content: { data: unknown }; buffers?: ArrayBuffer[] };

function widget(state: Record<string, unknown> = {}) {
  const sent: unknown[] = [];
  const comm = { send: (data: unknown) => sent.push(data), onMsg: (_: Said) => undefined, onClose: () => undefined };
  const made = new HostedWidget(comm as never, state);
  return { made, sent, hear: comm.onMsg as unknown as (said: Said) => void, close: comm.onClose as unknown as () => void };
}

test("the kernel's messages arrive with their buffers, changes by their names", () => {
  const { made, hear } = widget({ title: "a" });
  const heard: unknown[] = [];
  made.on("msg:custom", (content: unknown, buffers: DataView[]) => heard.push(content, buffers[0]!.getFloat64(0, true)));
  made.on("change:title", () => heard.push(made.get("title")));
  hear({ content: { data: { method: "custom", content: { type: "row" } } }, buffers: [new Float64Array([1.5]).buffer] });
  hear({ content: { data: { method: "update", state: { title: "b", other: 1 } } } });
  hear({ content: { data: { method: "echo_update", state: { title: "c" } } } });
  assert.deepEqual(heard, [{ type: "row" }, 1.5, "b"]);
});

test("what a panel says goes to the kernel; once that is gone, nothing does, and the panel hears of it once", () => {
  const { made, sent, close } = widget();
  let lost = 0;
  made.on("comm:close", () => lost++);
  made.send({ type: "ready" });
  made.set("n", 2);
  made.save_changes();
  close();
  made.lose();
  made.send({ type: "late" });
  assert.equal(lost, 1);
  assert.equal(made.comm_live, false);
  assert.deepEqual(sent, [{ method: "custom", content: { type: "ready" } }, { method: "update", state: { n: 2 }, buffer_paths: [] }]);
});

test("a handler that was taken off hears nothing", () => {
  const { made, hear } = widget();
  let n = 0;
  const one = () => n++;
  made.on("msg:custom", one);
  made.off("msg:custom", one);
  hear({ content: { data: { method: "custom", content: 1 } } });
  assert.equal(n, 0);
});

test("a file is found from a notebook's folder", () => {
  assert.equal(relative("", "m.lepton"), "m.lepton");
  assert.equal(relative("a/b", "a/b/m.lepton"), "m.lepton");
  assert.equal(relative("a/b", "a/c/m.lepton"), "../c/m.lepton");
  assert.equal(relative("notebooks", "models/m.lepton"), "../models/m.lepton");
  assert.equal(relative("a", "RTC:a/m.lepton"), "m.lepton");
  assert.equal(folderOf("a/b/m.lepton"), "a/b");
  assert.equal(folderOf("m.lepton"), "");
});
