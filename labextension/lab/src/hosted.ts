/** The panels of one kernel where no notebook holds them: what their own modules need of a widget manager, no more. */
import type { Kernel, KernelMessage } from "@jupyterlab/services";

import type { Cleanup, Model } from "../../panels/src/host";

const TARGET = "jupyter.widget";
type Heard = (...parts: unknown[]) => void;
type State = Record<string, unknown>;
type Message = { method?: string; state?: State; content?: unknown };

/** A panel's module, in the form that anywidget gave it. */
interface Half {
  initialize?: (context: { model: Model }) => unknown;
  render: (context: { model: Model; el: HTMLElement }) => unknown;
}

/** The widgets that a kernel has opened and that bring their own page half. */
export class Hosted {
  private readonly widgets = new Map<string, HostedWidget>();
  private readonly opened = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg) => {
    const { state } = message.content.data as Message;
    if (typeof state?.["_esm"] === "string") this.widgets.set(comm.commId, new HostedWidget(comm, state));
  };

  constructor(private readonly kernel: Kernel.IKernelConnection) {
    kernel.registerCommTarget(TARGET, this.opened);
  }

  /** Show a widget in an element; the answer takes it out again.
   *
   * @throws Error where the kernel has no widget of this id.
   */
  async mount(id: string, el: HTMLElement): Promise<Cleanup> {
    const widget = this.widgets.get(id);
    if (!widget) throw new Error("the kernel made no panel: open the file again");
    return widget.mount(el);
  }

  /** Tell every panel that its kernel is gone. */
  lose(): void {
    for (const widget of this.widgets.values()) widget.lose();
    this.widgets.clear();
  }

  dispose(): void {
    this.lose();
    this.kernel.removeCommTarget(TARGET, this.opened);
  }
}

/** One widget: its synced state and its custom messages, over its comm. */
export class HostedWidget implements Model {
  comm_live = true;
  private readonly heard = new Map<string, Set<Heard>>();

  constructor(
    private readonly comm: Pick<Kernel.IComm, "send" | "onMsg" | "onClose">,
    private readonly state: State,
  ) {
    comm.onMsg = (message) => this.take(message.content.data as Message, message.buffers ?? []);
    comm.onClose = () => this.lose();
  }

  get(name: string): unknown {
    return this.state[name];
  }

  /** Synced with the kernel by `save_changes`. */
  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.unsaved[name] = value;
  }

  save_changes(): void {
    this.comm.send({ method: "update", state: this.unsaved, buffer_paths: [] } as never);
    this.unsaved = {};
  }

  on(event: string, heard: (...parts: never[]) => void): void {
    const known = this.heard.get(event) ?? new Set();
    this.heard.set(event, known.add(heard as Heard));
  }

  off(event: string, heard?: (...parts: never[]) => void): void {
    if (heard) this.heard.get(event)?.delete(heard as Heard);
    else this.heard.delete(event);
  }

  send(content: unknown, _callbacks?: unknown, buffers?: ArrayBuffer[]): void {
    if (this.comm_live) this.comm.send({ method: "custom", content } as never, undefined, buffers);
  }

  /** Draw it: run its module with an element of ours. */
  async mount(el: HTMLElement): Promise<Cleanup> {
    addStyles(String(this.state["_css"] ?? ""));
    const address = URL.createObjectURL(new Blob([String(this.state["_esm"])], { type: "text/javascript" }));
    try {
      const { default: half } = (await import(address)) as { default: Half };
      await half.initialize?.({ model: this });
      const cleanup = await half.render({ model: this, el });
      return typeof cleanup === "function" ? (cleanup as Cleanup) : () => undefined;
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  lose(): void {
    if (!this.comm_live) return;
    this.comm_live = false;
    this.emit("comm:close");
  }

  private unsaved: State = {};

  private take(message: Message, buffers: readonly (ArrayBuffer | ArrayBufferView)[]): void {
    if (message.method === "custom") this.emit("msg:custom", message.content, buffers.map(viewOf));
    if (message.method !== "update" || !message.state) return;
    Object.assign(this.state, message.state);
    for (const name of Object.keys(message.state)) this.emit(`change:${name}`);
  }

  private emit(event: string, ...parts: unknown[]): void {
    for (const heard of [...(this.heard.get(event) ?? [])]) heard(...parts);
  }
}

function viewOf(buffer: ArrayBuffer | ArrayBufferView): DataView {
  return ArrayBuffer.isView(buffer) ? new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new DataView(buffer);
}

const styled = new Set<string>();

function addStyles(css: string): void {
  if (!css || styled.has(css)) return;
  styled.add(css);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
}
