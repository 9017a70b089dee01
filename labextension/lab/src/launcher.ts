import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ICommandPalette } from "@jupyterlab/apputils";
import type { ILauncher } from "@jupyterlab/launcher";
import type { KernelSpec } from "@jupyterlab/services";

import { CATEGORY } from "./commands";
import lepton from "../icons/lepton.svg";
import { leptonIcon } from "./icons";

const FIRST_CELLS = [
  "%load_ext lepton_lab",
  "df_train, df_test = %lepton demo credit  # or your own frame: pandas, polars, pyarrow",
  "%lepton check df_train --target bad",
  "model = %lepton train df_train --target bad --budget 60s",
  "%lepton explain model",
];

// Cards of notebooks are drawn from an address; the colour reads on light and dark.
const CARD = `data:image/svg+xml,${encodeURIComponent(lepton.replace("#616161", "#3d8fd9"))}`;

/** The card in the launcher: a notebook whose first cells go from an example frame to an explained model. */
export function addLauncher(app: JupyterFrontEnd, launcher: ILauncher | null, palette: ICommandPalette | null): void {
  const command = "lepton-lab:new-notebook";
  app.commands.addCommand(command, {
    label: (args) => (args["isPalette"] ? "New lepton-lab notebook" : "lepton-lab"),
    caption: "A notebook that goes from a dataframe to an explained model",
    icon: leptonIcon,
    execute: (args) => openNew(app, typeof args["cwd"] === "string" ? args["cwd"] : "", FIRST_CELLS),
  });
  launcher?.add({ command, category: "Notebook", rank: 50, kernelIconUrl: CARD });
  palette?.addItem({ command, category: CATEGORY, args: { isPalette: true } });
}

/** Open a new notebook in a folder, with these cells in it; none has run. */
export async function openNew(app: JupyterFrontEnd, cwd: string, cells: string[]): Promise<unknown> {
  const { contents, kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const made = await contents.newUntitled({ path: cwd, type: "notebook" });
  await contents.save(made.path, { type: "notebook", format: "json", content: notebookOf(kernelspecs.specs, cells) });
  return app.commands.execute("docmanager:open", { path: made.path });
}

/** The default kernel if it is a Python, else the first that is. */
export function pythonSpec(specs: KernelSpec.ISpecModels | null): KernelSpec.ISpecModel | undefined {
  const all = Object.values(specs?.kernelspecs ?? {}).filter((spec) => spec !== undefined);
  const python = all.filter((spec) => spec.language.toLowerCase() === "python");
  return python.find((spec) => spec.name === specs?.default) ?? python[0];
}

function notebookOf(specs: KernelSpec.ISpecModels | null, cells: string[]): object {
  const spec = pythonSpec(specs);
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: spec ? { kernelspec: { name: spec.name, display_name: spec.display_name, language: spec.language } } : {},
    cells: cells.map((source, position) => ({
      id: `lepton-${position}`, cell_type: "code", source, metadata: {}, outputs: [], execution_count: null,
    })),
  };
}
