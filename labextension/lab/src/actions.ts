import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Dialog, showDialog, showErrorMessage } from "@jupyterlab/apputils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import { cellsFor, chooseFrame, type PlacedFrame } from "./evaluate_file";
import { TrainFormBody } from "./form";
import { insertCell } from "./insert";
import { openNew } from "./launcher";
import type { KernelLink } from "./link";
import type { Choice, Look } from "./messages";
import { isNews } from "./messages";
import { folderOf, relative } from "./paths";
import type { Wishes } from "./settings";

/** A notebook, and the link to its kernel. */
export interface Place {
  panel: NotebookPanel;
  link: KernelLink;
}

/** What the commands do: each writes a cell that the user could have typed, in the current notebook. */
export class Actions {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly tracker: INotebookTracker,
    private readonly linkOf: (panel: NotebookPanel) => KernelLink,
    private readonly wishes: () => Wishes,
  ) {}

  /** Ask what to train on the frame and how, then write the cell; `below` is the position of a cell. */
  async train(frame?: string, below?: number): Promise<void> {
    await this.attempt("Train", async ({ panel, link }) => {
      const form = await link.ask("form", { frame: frame ?? (await this.firstFrame(link)) });
      const write = async (choice: Choice) => (await link.ask("line", choice)).code;
      const { button, value } = await showDialog({
        title: "Train",
        body: new TrainFormBody(form, this.wishes().budget, write),
        buttons: [Dialog.cancelButton(), Dialog.createButton({ label: WRITE }), Dialog.okButton({ label: "Write and run" })],
        focusNodeSelector: "select",
      });
      if (button.accept && value) await insertCell(panel, await write(value), button.label !== WRITE, below);
    });
  }

  /** A verb on a frame; the only or first one where none is named. */
  async onFrame(verb: string, frame?: string): Promise<void> {
    await this.attempt(verb, async ({ panel, link }) => {
      await this.write({ panel, link }, { verb, words: [frame ?? (await this.firstFrame(link))] });
    });
  }

  /** A verb on a model; the newest where none is named. */
  async onModel(verb: string, model?: string): Promise<void> {
    await this.attempt(verb, async (place) => {
      const chosen = model ?? (await lookAt(place.link)).models.at(-1)?.name;
      if (chosen === undefined) throw new Error("there is no trained model in this notebook yet: train one first");
      await this.write(place, { verb, words: [chosen] });
    });
  }

  /** A verb with the words after it. */
  async say(verb: string, words: string[] = []): Promise<void> {
    await this.attempt(verb, (place) => this.write(place, { verb, words }));
  }

  /** The next step; where it still misses a column, the form that asks for it. */
  async next(): Promise<void> {
    const found: { form?: boolean } = {};
    await this.attempt("Next step", async ({ panel, link }) => {
      const { next } = await lookAt(link);
      found.form = next.includes("<column>");
      if (!found.form) await insertCell(panel, next, true);
    });
    if (found.form) await this.train();
  }

  /** Choose a frame of any open notebook, and write the cell there that measures a model file on it. */
  async evaluateFile(path: string): Promise<void> {
    const asked = (await Promise.all(this.places().map(framesOf))).flat();
    const chosen = await chooseFrame(path, asked);
    if (chosen === "new") await openNew(this.app, folderOf(path), cellsFor(path));
    if (chosen === null || chosen === "new") return;
    const { panel, link, frame } = chosen;
    this.app.shell.activateById(panel.id);
    await this.attempt("Evaluate", async () => {
      const { code } = await link.ask("evaluation", { path: relative(folderOf(panel.context.localPath), path), frame: frame.name });
      await insertCell(panel, code, true);
    });
  }

  private places(): Place[] {
    const found: Place[] = [];
    this.tracker.forEach((panel) => found.push({ panel, link: this.linkOf(panel) }));
    return found;
  }

  /** A cell as it stands, for kernels that cannot be asked yet. */
  async cell(code: string, run: boolean): Promise<void> {
    const panel = this.tracker.currentWidget;
    if (panel) await insertCell(panel, code, run);
  }

  /** The element of ours under the pointer when a context menu opened. */
  hit(attribute: string): string | undefined {
    return this.app.contextMenuHitTest((node) => node.dataset[attribute] !== undefined)?.dataset[attribute];
  }

  private async write(place: Place, choice: Choice): Promise<void> {
    const { code } = await place.link.ask("line", choice);
    await insertCell(place.panel, code, true);
  }

  private async firstFrame(link: KernelLink): Promise<string> {
    const frame = (await lookAt(link)).frames[0]?.name;
    if (frame === undefined) throw new Error("there is no dataframe in this notebook yet: read one in a cell first");
    return frame;
  }

  /** Do something in the current notebook; what goes wrong is said in a dialog. */
  private async attempt(title: string, act: (place: Place) => Promise<void>): Promise<void> {
    const panel = this.tracker.currentWidget;
    if (!panel) return;
    try {
      await act({ panel, link: this.linkOf(panel) });
    } catch (error) {
      await showErrorMessage(`lepton-lab: ${title}`, error instanceof Error ? error.message : String(error));
    }
  }
}

const WRITE = "Write only";

async function lookAt(link: KernelLink): Promise<Look> {
  const found = await link.ask("look", { seen: "" });
  if (!isNews(found)) throw new Error("the kernel did not say what it holds");
  return found;
}

const PATIENCE_MS = 4000;

/** The frames of one notebook; none where its kernel has no lepton-lab loaded, or is too busy to answer soon. */
async function framesOf(place: Place): Promise<PlacedFrame[]> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const found = await Promise.race([lookAt(place.link).catch(() => null), late]);
  return (found?.frames ?? []).map((frame) => ({ ...place, frame }));
}
