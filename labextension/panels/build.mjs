// Bundles the panels into the Python package (committed, so that nobody needs Node to install),
// or with --tests the unit tests into build/tests.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tests = process.argv.includes("--tests");
const at = process.argv.indexOf("--outdir");
const outdir = tests
  ? join(here, "build", "tests")
  : at > 0
    ? process.argv[at + 1]
    : join(here, "..", "..", "lepton_lab", "notebook", "panels", "static");

if (tests) rmSync(outdir, { recursive: true, force: true });

const entryPoints = tests
  ? readdirSync(join(here, "tests")).map((file) => join("tests", file))
  : [...readdirSync(join(here, "src", "panels")).map((file) => join("src", "panels", file)), "src/panels.css"];

await build({
  absWorkingDir: here,
  entryPoints,
  entryNames: "[name]",
  outdir,
  bundle: true,
  format: "esm",
  target: "es2021",
  platform: tests ? "node" : "browser",
  minify: !tests,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});
