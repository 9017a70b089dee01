/** lepton-lab beside the notebook: convenience only; whatever it writes, a user could have typed. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";

import styles from "../style/base.css";
import { Actions } from "./actions";
import { addCommands } from "./commands";
import { acceptFrames } from "./drop";
import { addFileType } from "./file";
import { addLauncher } from "./launcher";
import { KernelLink } from "./link";
import { DEFAULTS, followSettings, PLUGIN, type Wishes } from "./settings";
import { Sidebar } from "./sidebar";

const beside: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Frames, runs and models of the notebook's kernel, and commands that write cells of %lepton.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILauncher, ISettingRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd, tracker: INotebookTracker, palette: ICommandPalette | null, launcher: ILauncher | null,
    registry: ISettingRegistry | null, restorer: ILayoutRestorer | null,
  ) => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: styles }));
    let wishes: Wishes = DEFAULTS;
    const links = new WeakMap<object, KernelLink>();
    const linkOf = (panel: NotebookPanel): KernelLink => {
      const known = links.get(panel.sessionContext) ?? new KernelLink(panel.sessionContext);
      links.set(panel.sessionContext, known);
      return known;
    };
    const sidebar = new Sidebar(app.commands);
    const watch = followNotebooks(tracker, sidebar, linkOf, () => wishes);
    const actions = new Actions(app, tracker, linkOf, () => wishes);
    addCommands(app, tracker, actions, palette, () => app.shell.activateById(sidebar.id));
    addLauncher(app, launcher, palette);
    tracker.widgetAdded.connect((_, panel) => {
      acceptFrames(panel, () => tracker.currentWidget === panel, (frame, below) => void actions.train(frame, below));
    });
    app.shell.add(sidebar, "left", { rank: 650 });
    restorer?.add(sidebar, sidebar.id);
    void followSettings(registry, (now) => {
      wishes = now;
      document.body.dataset["leptonShortcuts"] = now.shortcuts ? "on" : "off";
      watch();
    });
  },
};

const file: JupyterFrontEndPlugin<void> = {
  id: "lepton-lab:file",
  description: "Opens .lepton files.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, restorer: ILayoutRestorer | null) =>
    addFileType(app, rendermime, restorer),
};

/** Show the current notebook in the sidebar, and ask its kernel only while the sidebar can be seen. */
function followNotebooks(
  tracker: INotebookTracker, sidebar: Sidebar, linkOf: (panel: NotebookPanel) => KernelLink, wishes: () => Wishes,
): () => void {
  let current: KernelLink | null = null;
  const watch = () => current?.watch(sidebar.isVisible, 1000 * wishes().refreshSeconds);
  const follow = () => {
    const panel = tracker.currentWidget;
    current?.watch(false, 0);
    current = panel ? linkOf(panel) : null;
    sidebar.follow(panel && current ? { name: panel.title.label, link: current } : null);
    watch();
  };
  tracker.currentChanged.connect(follow);
  sidebar.seen.connect(watch);
  follow();
  return watch;
}

export default [beside, file];
