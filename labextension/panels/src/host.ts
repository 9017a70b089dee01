// What the panels need of their host (anywidget's interface), and how a panel takes its twin's place.

/** The kernel's half of a panel: synced state and custom messages. */
export interface Model {
  get(name: string): unknown;
  on(event: string, heard: (...parts: never[]) => void): void;
  off(event: string, heard?: (...parts: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

export interface View {
  model: Model;
  el: HTMLElement;
}

export type Cleanup = () => void;

/** Listen to custom messages; the answer ends the listening. */
export function hear(model: Model, heard: (content: any, buffers: DataView[]) => void): Cleanup {
  const listener = ((content: unknown, buffers: DataView[]) => heard(content, buffers)) as (...parts: never[]) => void;
  model.on("msg:custom", listener);
  return () => model.off("msg:custom", listener);
}

/** Listen to changes of a synced value; the answer ends the listening. */
export function watch(model: Model, name: string, changed: () => void): Cleanup {
  model.on(`change:${name}`, changed);
  return () => model.off(`change:${name}`, changed);
}

/** Hear when the kernel's half is gone: the kernel was restarted or died, or the widget was closed. */
export function onLost(model: Model, lost: () => void): Cleanup {
  const events = ["comm:close", "destroy", "comm_live_update"];
  const heard = () => {
    if ((model as { comm_live?: boolean }).comm_live !== true) lost();
  };
  for (const event of events) model.on(event, heard);
  return () => {
    for (const event of events) model.off(event, heard);
  };
}

/**
 * Show the panel instead of its static twin: only once it has something to show, because a reopened
 * notebook may mount a panel whose kernel is gone. In JupyterLab the twin's own style sheet does this
 * by the class alone; other hosts need the loop.
 */
export function takeTwinsPlace(el: HTMLElement, token: string): Cleanup {
  el.classList.add("lepton-live");
  const root = el.getRootNode() as ParentNode;
  const twins = () =>
    [...root.querySelectorAll<HTMLElement>("[data-lepton-twin]")].filter((twin) => twin.dataset.leptonTwin === token);
  for (const twin of twins()) twin.hidden = true;
  return () => {
    el.classList.remove("lepton-live");
    for (const twin of twins()) twin.hidden = false;
  };
}
