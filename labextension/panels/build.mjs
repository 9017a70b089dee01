// Bundles the panels and the pages into the Python package (committed, so that nobody needs Node to install), into
// another folder that stands for it with --outdir, or with --tests the unit tests into build/tests.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tests = process.argv.includes("--tests");
const at = process.argv.indexOf("--outdir");
const home = at > 0 ? process.argv[at + 1] : join(here, "..", "..", "lepton_lab");
const outdirOfTests = join(here, "build", "tests");

if (tests) rmSync(outdirOfTests, { recursive: true, force: true });

const inside = (folder) => readdirSync(join(here, folder)).map((file) => join(folder, file));

/** What is built where. A page's script is no module: it stands in the page itself. */
const bundles = tests
  ? [{ entryPoints: inside("tests"), outdir: outdirOfTests, format: "esm" }]
  : [
      { entryPoints: [...inside("src/panels"), "src/panels.css"], outdir: join(home, "notebook", "panels", "static"), format: "esm" },
      { entryPoints: inside("src/pages"), outdir: join(home, "pictures", "static"), format: "iife" },
    ];

for (const bundle of bundles) {
  await build({
    absWorkingDir: here,
    ...bundle,
    entryNames: "[name]",
    bundle: true,
    target: "es2021",
    platform: tests ? "node" : "browser",
    minify: !tests,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
}
