// Builds the prebuilt JupyterLab extension (committed, so that nobody needs Node to install), or with --tests
// the unit tests into build/tests.
//
// A prebuilt extension is a script that registers a container with two functions, `init` and `get` (src/container.ts),
// and a package.json that names it. JupyterLab's own builder makes one with a bundler and 450 MB of packages, whose
// file names depend on where it ran; esbuild makes the same from the packages that the panels use, in 30 ms, with the
// same bytes everywhere.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const shared = Object.keys(manifest.dependencies);

// What JupyterLab shares is never bundled: two copies of a token would be two tokens.
const fromJupyterLab = {
  name: "from-jupyterlab",
  setup(building) {
    building.onResolve({ filter: /^@(jupyterlab|lumino)\// }, ({ path }) => {
      if (shared.includes(path)) return { path, namespace: "shared" };
      return { errors: [{ text: `${path} is not among the dependencies of package.json` }] };
    });
    building.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({
      contents: `import { sharedModule } from "./container"; module.exports = sharedModule(${JSON.stringify(path)});`,
      resolveDir: join(here, "src"),
    }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  target: "es2021",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  loader: { ".css": "text", ".svg": "text" },
};

if (process.argv.includes("--tests")) {
  const outdir = join(here, "build", "tests");
  rmSync(outdir, { recursive: true, force: true });
  const entryPoints = readdirSync(join(here, "tests")).map((file) => join("tests", file));
  await build({ ...common, entryPoints, outdir, format: "esm", platform: "node" });
} else {
  const at = process.argv.indexOf("--outdir");
  await buildExtension(at > 0 ? process.argv[at + 1] : join(here, "prebuilt"));
}

async function buildExtension(out) {
  const made = await build({
    ...common,
    entryPoints: ["src/container.ts"],
    format: "iife",
    platform: "browser",
    minify: true,
    write: false,
    plugins: [fromJupyterLab],
    define: { SHARED: JSON.stringify(shared) },
  });
  const script = made.outputFiles[0].contents;
  // The name changes with the content, so that no browser keeps an old one.
  const load = `static/remoteEntry.${createHash("sha256").update(script).digest("hex").slice(0, 16)}.js`;
  rmSync(out, { recursive: true, force: true });
  const schemas = join(out, "schemas", manifest.name);
  mkdirSync(schemas, { recursive: true });
  mkdirSync(join(out, "static"));
  writeFileSync(join(out, load), script);
  cpSync(join(here, "schema"), schemas, { recursive: true });
  cpSync(join(here, "package.json"), join(schemas, "package.json.orig"));
  const { scripts: _scripts, devDependencies: _dev, ...published } = manifest;
  published.jupyterlab._build = { load, extension: "./extension" };
  writeFileSync(join(out, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  const install = {
    packageManager: "python",
    packageName: "lepton-lab",
    uninstallInstructions: "pip uninstall lepton-lab (to keep the package and only hide this: jupyter labextension disable lepton-lab)",
  };
  writeFileSync(join(out, "install.json"), `${JSON.stringify(install, null, 2)}\n`);
}
