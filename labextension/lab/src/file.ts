import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { SessionContext, WidgetTracker } from "@jupyterlab/apputils";
import { ABCWidgetFactory, type DocumentRegistry, DocumentWidget, TextModelFactory } from "@jupyterlab/docregistry";
import { OutputArea, OutputAreaModel } from "@jupyterlab/outputarea";
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { Contents, ServiceManager } from "@jupyterlab/services";
import { Widget } from "@lumino/widgets";

import { h } from "../../panels/src/dom";
import { leptonIcon } from "./icons";
import { pythonSpec } from "./launcher";

const FACTORY = "lepton-lab model";
const SHOW = "__import__('lepton_lab.notebook.opened_file', fromlist=['show_file']).show_file";

/** A model of a document whose content never travels to the page: the kernel reads the file where it lies. */
class UnreadModelFactory extends TextModelFactory {
  override get name(): string {
    return "lepton-lab-unread";
  }
  override get contentType(): Contents.ContentType {
    return "file";
  }
  override get fileFormat(): Contents.FileFormat {
    return null;
  }
}

/** What `.lepton` files are, their icon, and the view that opens them. */
export function addFileType(app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, restorer: ILayoutRestorer | null): void {
  app.docRegistry.addFileType({
    name: "lepton", displayName: "lepton-lab model", extensions: [".lepton"], mimeTypes: ["application/x-lepton"],
    contentType: "file", fileFormat: "base64", icon: leptonIcon,
  });
  app.docRegistry.addModelFactory(new UnreadModelFactory());
  const factory = new FileFactory(app.serviceManager, rendermime);
  app.docRegistry.addWidgetFactory(factory);
  const opened = new WidgetTracker<DocumentWidget<FileView>>({ namespace: "lepton-lab-file" });
  factory.widgetCreated.connect((_, widget) => void opened.add(widget));
  void restorer?.restore(opened, {
    command: "docmanager:open",
    args: (widget) => ({ path: widget.context.path, factory: FACTORY }),
    name: (widget) => widget.context.path,
  });
}

class FileFactory extends ABCWidgetFactory<DocumentWidget<FileView>> {
  constructor(
    private readonly services: ServiceManager.IManager,
    private readonly rendermime: IRenderMimeRegistry,
  ) {
    super({ name: FACTORY, modelName: "lepton-lab-unread", fileTypes: ["lepton"], defaultFor: ["lepton"], readOnly: true });
  }

  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget<FileView> {
    const content = new FileView(context, this.services, this.rendermime);
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = leptonIcon;
    return widget;
  }
}

/** The model of a file, read and drawn by a small kernel of its own, which ends as soon as that is done. */
export class FileView extends Widget {
  private readonly state = h("p", { class: "lepton-notice", role: "status" }, "Starting a kernel to read it…");
  private readonly session: SessionContext;
  private readonly output: OutputArea;

  constructor(
    private readonly context: DocumentRegistry.Context,
    private readonly services: ServiceManager.IManager,
    rendermime: IRenderMimeRegistry,
  ) {
    super({ node: h("div", { class: "lepton-File", tabindex: 0, "aria-label": "Model, read only" }) });
    this.session = new SessionContext({
      sessionManager: services.sessions, specsManager: services.kernelspecs, kernelManager: services.kernels,
      path: context.path, name: context.path, type: "lepton-file",
      kernelPreference: { language: "python", shouldStart: false, shutdownOnDispose: true },
    });
    // What is drawn comes from our own code over a model without code; its strings are escaped there.
    this.output = new OutputArea({ model: new OutputAreaModel({ trusted: true }), rendermime: rendermime.clone(), contentFactory: OutputArea.defaultContentFactory });
    this.node.append(this.state, this.output.node);
    const read = this.context.ready.then(() => this.read());
    void read.catch((error: unknown) => this.fail(error)).finally(() => this.end());
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.output.dispose();
    void this.end();
    super.dispose();
  }

  /** What is drawn needs no kernel any more. */
  private async end(): Promise<void> {
    if (this.session.isDisposed) return;
    await this.session.shutdown().catch(() => undefined); // a kernel that is gone already is as good
    this.session.dispose();
  }

  private async read(): Promise<void> {
    await this.services.kernelspecs.ready;
    const spec = pythonSpec(this.services.kernelspecs.specs);
    if (!spec) throw new Error("no Python kernel is installed here; one with lepton-lab is needed to read the file");
    await this.session.initialize();
    await this.session.changeKernel({ name: spec.name });
    if (this.isDisposed) return;
    this.state.textContent = `Reading it with ${spec.display_name}…`;
    const path = this.services.contents.localPath(this.context.path);
    const reply = await OutputArea.execute(`${SHOW}(${pythonText(path.split("/").at(-1) ?? path)})`, this.output, this.session);
    if (reply?.content.status !== "error") return this.state.remove();
    const missing = reply.content.ename === "ModuleNotFoundError";
    if (missing) this.output.model.clear();
    this.fail(missing ? `${spec.display_name} has no lepton-lab: run  pip install lepton-lab  in its environment, then open the file again` : reply.content.evalue);
  }

  private fail(error: unknown): void {
    this.state.setAttribute("role", "alert");
    this.state.textContent = `The file cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A text as Python source: what JSON escapes, Python reads alike. */
export function pythonText(text: string): string {
  return JSON.stringify(text);
}
