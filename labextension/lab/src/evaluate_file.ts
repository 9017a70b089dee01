import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { Widget } from "@lumino/widgets";

import { h } from "../../panels/src/dom";
import type { KernelLink } from "./link";
import type { Frame } from "./messages";
import { size } from "./place";

/** A frame, and the notebook whose kernel has it. */
export interface PlacedFrame {
  panel: NotebookPanel;
  link: KernelLink;
  frame: Frame;
}

/** Ask on which frame a model file is to be measured; a new notebook where there is none, null where nothing is wanted. */
export async function chooseFrame(path: string, frames: PlacedFrame[]): Promise<PlacedFrame | "new" | null> {
  const choice = h("select", { "aria-label": "Frame" }, ...frames.map(({ frame, panel }, i) => h("option", { value: String(i) }, `${frame.name} · ${size(frame)} · ${panel.title.label}`)));
  const words = frames.length
    ? "Rows whose target is known. A cell that loads the model and measures it is written into the frame's notebook, and run."
    : "No open notebook has a dataframe that can be seen: read one in a notebook where lepton-lab is loaded, or start one with the cells for it.";
  const { button } = await showDialog({
    title: `Evaluate ${path.split("/").at(-1)}`,
    body: new Widget({ node: h("div", { class: "lepton-Form" }, h("p", {}, words), frames.length ? choice : null) }),
    buttons: [Dialog.cancelButton(), Dialog.createButton({ label: NEW }), ...(frames.length ? [Dialog.okButton({ label: "Write and run" })] : [])],
    focusNodeSelector: "select",
  });
  if (!button.accept) return null;
  return button.label === NEW ? "new" : (frames[Number(choice.value)] ?? null);
}

const NEW = "New notebook";

/** Cells that load a model file and measure it, the frame left to its owner. */
export function cellsFor(path: string): string[] {
  const file = path.split("/").at(-1) ?? path;
  return [
    "%load_ext lepton_lab",
    `import lepton_lab as ll\n\nmodel = ll.load(${JSON.stringify(file)})`,
    "df = ...  # rows whose target is known: pandas, polars, pyarrow",
    "%lepton evaluate model df",
  ];
}
