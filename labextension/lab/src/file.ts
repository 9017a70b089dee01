import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { SessionContextDialogs, Toolbar, ToolbarButton, WidgetTracker } from "@jupyterlab/apputils";
import { ABCWidgetFactory, type DocumentRegistry, DocumentWidget, TextModelFactory } from "@jupyterlab/docregistry";
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { Contents } from "@jupyterlab/services";
import { refreshIcon } from "@jupyterlab/ui-components";

import { FileView } from "./file_view";
import { leptonIcon } from "./icons";

const FACTORY = "lepton-lab model";

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
  const factory = new FileFactory(app, rendermime);
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
    private readonly app: JupyterFrontEnd,
    private readonly rendermime: IRenderMimeRegistry,
  ) {
    super({ name: FACTORY, modelName: "lepton-lab-unread", fileTypes: ["lepton"], defaultFor: ["lepton"], readOnly: true });
  }

  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget<FileView> {
    const content = new FileView(context, this.app.serviceManager, this.rendermime, this.app.commands);
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = leptonIcon;
    const again = new ToolbarButton({ icon: refreshIcon, label: "Read again", tooltip: "Read the file again", onClick: () => content.again() });
    widget.toolbar.addItem("again", again);
    widget.toolbar.addItem("spacer", Toolbar.createSpacerItem());
    widget.toolbar.addItem("kernelName", Toolbar.createKernelNameItem(content.session, new SessionContextDialogs()));
    return widget;
  }
}
