import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ICommandPalette } from "@jupyterlab/apputils";
import type { INotebookTracker } from "@jupyterlab/notebook";

import type { Actions } from "./actions";
import { leptonIcon } from "./icons";

export const CATEGORY = "lepton-lab";
type Args = Record<string, unknown>;

/** Every command of ours, but those of the launcher; all but `show` need a notebook. */
export function addCommands(
  app: JupyterFrontEnd, tracker: INotebookTracker, actions: Actions, palette: ICommandPalette | null, show: () => void,
): void {
  const inNotebook: [id: string, label: string, run: (args: Args) => Promise<void>][] = [
    ["train", "Train on a frame…", (args) => actions.train(named(args, "frame", actions), position(args))],
    ["check", "Check a frame for trouble", (args) => actions.onFrame("check", named(args, "frame", actions))],
    ["explain", "Explain the last model", (args) => actions.onModel("explain", named(args, "model", actions))],
    ["whatif", "What if, with the last model", (args) => actions.onModel("whatif", named(args, "model", actions))],
    ["evaluate", "Evaluate the last model", (args) => actions.onModel("evaluate", text(args, "model"))],
    ["report", "Write a report on the last model", (args) => actions.onModel("report", text(args, "model"))],
    ["runs", "List the runs", () => actions.say("runs")],
    ["attach", "Show a run again", (args) => actions.say("attach", words(named(args, "run", actions)))],
    ["next", "Do the next step", () => actions.next()],
    ["load", "Load lepton-lab in this notebook", () => actions.cell("%load_ext lepton_lab", true)],
    ["install", "Install lepton-lab in this kernel", () => actions.cell("%pip install lepton-lab", false)],
  ];
  for (const [name, label, run] of inNotebook) {
    app.commands.addCommand(`lepton-lab:${name}`, {
      // On the menu of one model, the words for any would be wrong.
      label: (args) => (args["menu"] === true ? label.replace(/(, with)? the last model$/, "") : label),
      isEnabled: () => tracker.currentWidget !== null, execute: run, describedBy: { args: ARGUMENTS },
    });
    palette?.addItem({ command: `lepton-lab:${name}`, category: CATEGORY });
  }
  app.commands.addCommand("lepton-lab:evaluate-file", {
    label: "Evaluate a model file on a frame…", describedBy: { args: FILE },
    execute: (args) => actions.evaluateFile(text(args, "path") ?? ""),
  });
  app.commands.addCommand("lepton-lab:show", { label: "Show the sidebar", icon: leptonIcon, execute: show });
  palette?.addItem({ command: "lepton-lab:show", category: CATEGORY });
}

const ARGUMENTS = {
  type: "object",
  properties: { frame: { type: "string" }, model: { type: "string" }, run: { type: "string" }, below: { type: "number" }, menu: { type: "boolean" } },
} as const;

const FILE = { type: "object", properties: { path: { type: "string" } }, required: ["path"] } as const;

function text(args: Args, name: string): string | undefined {
  const value = args[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What a command is for: named in its arguments, or what a context menu was opened on. */
function named(args: Args, name: string, actions: Actions): string | undefined {
  return text(args, name) ?? (args["menu"] === true ? actions.hit(name) : undefined);
}

function position(args: Args): number | undefined {
  return typeof args["below"] === "number" ? args["below"] : undefined;
}

function words(word: string | undefined): string[] {
  return word === undefined ? [] : [word];
}
