/** The container that JupyterLab loads: it hands over the modules it shares (`init`), then asks for ours (`get`). */

interface Shared {
  get: () => Promise<() => unknown>;
  from?: string;
  loaded?: unknown;
}
type ShareScope = Record<string, Record<string, Shared>>;

/** The packages of package.json's dependencies; the build writes them in. */
declare const SHARED: readonly string[];

const NAME = "lepton-lab";
const modules = new Map<string, unknown>();
let scope: ShareScope = {};

/** A module of JupyterLab's own; all are there before the first of ours runs. */
export function sharedModule(name: string): unknown {
  return modules.get(name);
}

/** Of several copies, JupyterLab's: the one in use, else the newest. */
export function newest(versions: Record<string, Shared>): Shared | undefined {
  const names = Object.keys(versions).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const inUse = names.filter((name) => versions[name]?.loaded);
  const chosen = (inUse.length ? inUse : names).at(-1);
  return chosen === undefined ? undefined : versions[chosen];
}

async function take(name: string): Promise<void> {
  const found = newest(scope[name] ?? {});
  if (!found) throw new Error(`${NAME}: this JupyterLab does not share ${name}; JupyterLab 4.3 or newer does`);
  modules.set(name, (await found.get())());
}

function init(given: ShareScope): void {
  scope = given;
}

async function get(wanted: string): Promise<() => unknown> {
  if (wanted !== "./extension") throw new Error(`${NAME} has no module ${wanted}`);
  await Promise.all(SHARED.map(take));
  const { default: plugins } = await import("./index");
  // JupyterLab takes the default export of what says that it is a module, else the whole for one plugin.
  return () => ({ __esModule: true, default: plugins });
}

declare global {
  var _JUPYTERLAB: Record<string, { init: typeof init; get: typeof get }> | undefined;
}

(globalThis._JUPYTERLAB ??= {})[NAME] = { init, get };
