import { SessionContext } from "@jupyterlab/apputils";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { type IRenderMimeRegistry, MimeModel } from "@jupyterlab/rendermime";
import type { Kernel, ServiceManager } from "@jupyterlab/services";
import type { CommandRegistry } from "@lumino/commands";
import { Widget } from "@lumino/widgets";

import { copyButton } from "../../panels/src/code";
import { h } from "../../panels/src/dom";
import { Hosted } from "./hosted";
import { pythonSpec } from "./launcher";
import { codeWords } from "./place";
import type { FileQuestions, OpenedFile, Reply } from "./messages";
import { tabbed } from "./tabs";
import { Waiting } from "./waiting";

const TARGET = "lepton_lab.file";
const LISTEN = "__import__('lepton_lab.notebook.opened_file', fromlist=['listen']).listen()";
const ENDED: readonly Kernel.Status[] = ["dead", "terminating"];
const RESTARTING: readonly Kernel.Status[] = ["restarting", "autorestarting"];

/** A model file, looked into by a kernel of its own that lives as long as the view does. */
export class FileView extends Widget {
  readonly session: SessionContext;
  private readonly state = h("p", { class: "lepton-notice", role: "status" });
  private readonly shown = h("div", {});
  private readonly waiting = new Waiting();
  private hosted: Hosted | null = null;
  private reading = 0;

  constructor(
    private readonly context: DocumentRegistry.Context,
    private readonly services: ServiceManager.IManager,
    private readonly rendermime: IRenderMimeRegistry,
    private readonly commands: CommandRegistry,
  ) {
    super({ node: h("div", { class: "lepton-File", tabindex: 0, role: "region", "aria-label": "Model, read only" }) });
    this.session = new SessionContext({
      sessionManager: services.sessions, specsManager: services.kernelspecs, kernelManager: services.kernels,
      path: context.path, name: context.path, type: "lepton-file",
      kernelPreference: { language: "python", shouldStart: false, shutdownOnDispose: true },
    });
    this.node.append(this.state, this.shown);
    this.say("Starting a kernel to read it…");
    void this.context.ready.then(() => this.begin()).catch((error: unknown) => this.fail(error));
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.letGo();
    void this.session.shutdown().catch(() => undefined).finally(() => this.session.dispose()); // gone already is as good
    super.dispose();
  }

  /** Read the file anew, in a new kernel where the last one has ended. */
  again(): void {
    const kernel = this.session.session?.kernel;
    const read = !kernel || ENDED.includes(kernel.status) ? this.start() : this.read();
    void read.catch((error: unknown) => this.fail(error));
  }

  private async begin(): Promise<void> {
    await this.services.kernelspecs.ready;
    await this.session.initialize();
    this.session.kernelChanged.connect((_, { newValue }) => void (newValue && this.again()));
    this.session.statusChanged.connect((_, status) => this.onStatus(status));
    // After a reload the kernel is there; it has read the file once and does so quickly.
    if (this.session.session?.kernel) await this.read();
    else await this.start();
  }

  /** Start a kernel; that it has changed begins the reading. */
  private async start(): Promise<void> {
    const spec = pythonSpec(this.services.kernelspecs.specs);
    if (!spec) throw new Error("no Python kernel is installed here; one with lepton-lab is needed to read the file");
    this.say(`Starting ${spec.display_name} to read it…`);
    await this.session.changeKernel({ name: this.session.kernelPreference.name ?? spec.name });
  }

  private onStatus(status: Kernel.Status): void {
    if (RESTARTING.includes(status)) this.lose("The kernel restarts…");
    else if (ENDED.includes(status)) this.lose("The kernel has ended; what is drawn stays. Read the file again to go on.");
    else if (status === "idle" && this.reading === 0) this.again();
  }

  private lose(words: string): void {
    this.reading = 0;
    this.waiting.giveUp("the kernel has ended");
    this.hosted?.lose();
    if (!this.isDisposed) this.say(words, "alert");
  }

  private async read(): Promise<void> {
    const kernel = this.session.session?.kernel;
    if (!kernel || this.isDisposed) return;
    const turn = ++this.turns;
    this.reading = turn;
    this.say(`Reading it with ${this.session.kernelDisplayName}…`);
    const asked = kernel.requestExecute({ code: LISTEN, silent: true, store_history: false, stop_on_error: false });
    const { content } = await asked.done;
    if (turn !== this.turns || this.isDisposed) return;
    if (content.status === "error") throw new Error(whyNoKernel(content.ename, content.evalue, this.session.kernelDisplayName));
    if (!kernel.handleComms) throw new Error("this kernel already serves another view of the page: choose one of its own, at the top right");
    this.letGo();
    this.hosted = new Hosted(kernel);
    const comm = kernel.createComm(TARGET);
    comm.onMsg = (message) => this.waiting.take(message.content.data as unknown as Reply);
    comm.open();
    const path = this.services.contents.localPath(this.context.path);
    const ask: Ask = (what, question) => {
      const { id, answer } = this.waiting.open<FileQuestions[typeof what]["answer"]>();
      comm.send({ id, ask: what, ...question } as never);
      return answer;
    };
    const told = await ask("open", { path: path.split("/").at(-1) ?? path });
    if (turn === this.turns && !this.isDisposed) this.present(told, ask);
  }

  private turns = 0;

  private present(told: OpenedFile, ask: Ask): void {
    this.state.hidden = true;
    const evaluate = h("button", { type: "button", class: "lepton-Button", click: () => void this.commands.execute("lepton-lab:evaluate-file", { path: this.context.path }) }, "Evaluate on a frame…");
    const tabs = told.tabs.map(([id, title]) => ({
      id, title, fill: (el: HTMLElement) => void (id === "model" ? this.draw(el, told.picture) : this.fill(el, id, ask)),
    }));
    const line = h("div", { class: "lepton-File-line" }, h("code", {}, ...codeWords(told.line)), copyButton(() => told.line), evaluate);
    this.shown.replaceChildren(
      ...told.about.map((words) => h("p", { class: "lepton-File-about" }, words)),
      line,
      ...told.missing.map((words) => h("p", { class: "lepton-File-missing" }, words)),
      tabbed("Views of the model", tabs),
    );
  }

  /** The picture of the model: drawn by our own code, which escapes every string, from a file without code. */
  private async draw(el: HTMLElement, picture: string): Promise<void> {
    const renderer = this.rendermime.createRenderer("text/html");
    await renderer.renderModel(new MimeModel({ data: { "text/html": picture }, trusted: true }));
    el.append(renderer.node);
  }

  private async fill(el: HTMLElement, name: string, ask: Ask): Promise<void> {
    const wait = h("p", { class: "lepton-notice", role: "status" }, "Working it out…");
    const place = h("div", {});
    el.replaceChildren(wait, place);
    try {
      const { widget } = await ask("panel", { name });
      await this.hosted?.mount(widget, place);
      wait.remove();
    } catch (error) {
      wait.setAttribute("role", "alert");
      wait.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** Let the panels of the last reading go. */
  private letGo(): void {
    this.waiting.giveUp("the file was read again");
    this.hosted?.dispose();
    this.hosted = null;
  }

  private say(words: string, role = "status"): void {
    this.state.hidden = false;
    this.state.setAttribute("role", role);
    this.state.textContent = words;
  }

  private fail(error: unknown): void {
    if (!this.isDisposed) this.say(`The file cannot be shown: ${error instanceof Error ? error.message : String(error)}`, "alert");
  }
}

type Ask = <K extends keyof FileQuestions>(what: K, question: FileQuestions[K]["ask"]) => Promise<FileQuestions[K]["answer"]>;

/** What to do where a kernel cannot read the file. */
export function whyNoKernel(name: string, words: string, kernel: string): string {
  if (name !== "ModuleNotFoundError") return words;
  return `${kernel} has no lepton-lab. Choose a kernel that has it, at the top right, or run  pip install lepton-lab  in its environment and read the file again.`;
}
