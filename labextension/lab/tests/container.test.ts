import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

import { newest } from "../src/container";

const manifest = JSON.parse(readFileSync("prebuilt/package.json", "utf8"));
const schema = JSON.parse(readFileSync("prebuilt/schemas/lepton-lab/plugin.json", "utf8"));

/** Stand-ins for every name that our sources import from JupyterLab. */
function shareScope(): Record<string, Record<string, object>> {
  const scope: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(manifest.dependencies)) scope[name] = { "4.6.0": { get: async () => () => standIn(name) } };
  return scope;
}

function standIn(wanted: string): object {
  const names = readdirSync("src").flatMap((file) => {
    const found = [...readFileSync(`src/${file}`, "utf8").matchAll(/import \{([^}]*)\} from "([^"]+)"/g)];
    return found.filter(([, , from]) => from === wanted).flatMap(([, list]) => list!.split(",").map((one) => one.trim()));
  });
  return Object.fromEntries(names.map((name) => [name, class {}]));
}

test("the built container gives JupyterLab plugins with ids, as a module", async () => {
  const page: Record<string, any> = {};
  vm.runInNewContext(readFileSync(`prebuilt/${manifest.jupyterlab._build.load}`, "utf8"), page);
  const container = page["_JUPYTERLAB"]["lepton-lab"];
  container.init(shareScope());
  const extension = (await container.get(manifest.jupyterlab._build.extension))();
  assert.equal(extension.__esModule, true);
  assert.deepEqual(Array.from(extension.default, (plugin: any) => plugin.id), ["lepton-lab:plugin", "lepton-lab:file"]);
});

test("a JupyterLab that does not share a package is told which", async () => {
  const page: Record<string, any> = {};
  vm.runInNewContext(readFileSync(`prebuilt/${manifest.jupyterlab._build.load}`, "utf8"), page);
  const container = page["_JUPYTERLAB"]["lepton-lab"];
  container.init({});
  await assert.rejects(container.get("./extension"), /does not share @jupyterlab\/application/);
  await assert.rejects(container.get("./other"), /no module/);
});

test("of several copies of a package the one in use is taken, else the newest", () => {
  const get = async () => () => null;
  const versions = { "4.9.0": { get, from: "a" }, "4.10.0": { get, from: "b" } };
  assert.equal(newest(versions)?.from, "b");
  assert.equal(newest({ ...versions, "4.2.0": { get, from: "lab", loaded: 1 } })?.from, "lab");
  assert.equal(newest({}), undefined);
});

test("every shortcut is of a command, begins with the same keys, and can be switched off", () => {
  const shortcuts = schema["jupyter.lab.shortcuts"] as { command: string; keys: string[]; selector: string }[];
  assert.equal(new Set(shortcuts.map(({ keys }) => keys.join())).size, shortcuts.length);
  for (const { keys, selector } of shortcuts) {
    assert.equal(keys[0], "Alt M");
    assert.ok(selector.startsWith("[data-lepton-shortcuts='on'] "));
    assert.ok(schema.properties.shortcuts.description.includes(keys[1]!));
  }
});
