import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { type ISignal, Signal } from "@lumino/signaling";

import { isNews, type Look, type Questions, type Reply } from "./messages";
import { Throttle } from "./throttle";
import { Waiting } from "./waiting";

/**
 * Where a notebook's kernel stands towards lepton_lab: no kernel; one that is no Python; one that died; not asked yet;
 * without the package; with it but not loaded; answering.
 */
export type Standing = "none" | "foreign" | "dead" | "asking" | "missing" | "unloaded" | "live";

const TARGET = "lepton_lab.sidebar";
const SETTLE_MS = 250;
const WARMING_MS = 1500;
// Silent and without history: neither the user's variables nor the numbers of cells change.
const LOADED = "'lepton_lab.notebook.sidebar' in __import__('sys').modules";
const INSTALLED = "__import__('importlib.util').util.find_spec('lepton_lab') is not None";
const ENDED: readonly Kernel.Status[] = ["dead", "restarting", "autorestarting", "terminating"];

/** The link to one notebook's kernel: it asks only while somebody `watches`, after each cell, one question at a time. */
export class KernelLink {
  standing: Standing = "none";
  look: Look | null = null;
  /** Why the last question went unanswered; empty when all is well. */
  trouble = "";

  private comm: Kernel.IComm | null = null;
  private watched = false;
  private looking = false;
  private connecting: Promise<void> | null = null;
  private everyMs = 2000;
  private readonly cells = new Set<string>();
  private readonly waiting = new Waiting();
  private readonly soon = new Throttle(() => void this.refresh(), SETTLE_MS);
  private readonly later = new Throttle(() => void this.refresh(), WARMING_MS);
  private readonly signal = new Signal<this, void>(this);

  constructor(private readonly context: ISessionContext) {
    context.kernelChanged.connect(this.forget, this);
    context.statusChanged.connect(this.onStatus, this);
    context.iopubMessage.connect(this.onMessage, this);
    context.disposed.connect(() => this.dispose());
    if (context.session?.kernel) this.standing = "asking";
  }

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  get isBusy(): boolean {
    return this.context.session?.kernel?.status === "busy";
  }

  /** Keep up to date from now on, or no longer; a run that goes on is looked at every so often. */
  watch(watched: boolean, everyMs: number): void {
    this.everyMs = everyMs;
    this.watched = watched;
    if (watched) this.soon.ask();
    else this.later.drop();
  }

  /** Ask the kernel something.
   *
   * @throws Error in the kernel's words, or when the kernel ends before it answers.
   */
  async ask<K extends keyof Questions>(what: K, question: Questions[K]["ask"]): Promise<Questions[K]["answer"]> {
    if (!this.comm) await this.connect();
    const comm = this.comm;
    if (!comm) throw new Error(whyNot(this.standing));
    const { id, answer } = this.waiting.open<Questions[K]["answer"]>();
    comm.send({ id, ask: what, ...question } as never);
    return answer;
  }

  /** Look again; what the kernel holds is sent only where it changed. */
  async refresh(): Promise<void> {
    if (!this.watched || this.looking) return;
    this.looking = true;
    try {
      if (!this.comm) await this.connect();
      if (this.comm) this.hear(await this.ask("look", { seen: this.look?.seen ?? "" }));
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    } finally {
      this.looking = false;
      this.signal.emit();
    }
  }

  private hear(answer: Look | { seen: string }): void {
    this.trouble = "";
    if (isNews(answer)) this.look = answer;
    const runs = this.look?.runs;
    if (!this.watched) return;
    if (runs === null) this.later.ask(WARMING_MS);
    else if (this.cells.size > 0 || runs?.some((run) => run.status === "running")) this.later.ask(this.everyMs);
  }

  /** Find out whether the kernel has lepton_lab loaded; where it has, open the comm. */
  private connect(): Promise<void> {
    this.connecting ??= this.find().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async find(): Promise<void> {
    const kernel = this.context.session?.kernel;
    if (!kernel) return this.stand("none");
    const { language_info } = await kernel.info;
    if (language_info.name !== "python") return this.stand("foreign");
    const found = await probe(kernel);
    if (kernel !== this.context.session?.kernel) return;
    if (!found.loaded) return this.stand(found.installed ? "unloaded" : "missing");
    this.open(kernel);
  }

  private open(kernel: Kernel.IKernelConnection): void {
    const comm = kernel.createComm(TARGET);
    comm.onMsg = (message) => this.waiting.take(message.content.data as unknown as Reply);
    comm.onClose = () => {
      if (this.comm === comm) this.lose("the kernel unloaded lepton_lab");
    };
    comm.open();
    this.comm = comm;
    this.stand("live");
  }

  private stand(standing: Standing): void {
    this.standing = standing;
    this.trouble = "";
    if (standing !== "live") this.look = null;
    this.signal.emit();
  }

  private lose(why: string): void {
    this.comm = null;
    this.look = null;
    this.cells.clear();
    this.waiting.giveUp(why);
  }

  private forget(): void {
    this.lose("the kernel changed");
    this.stand(this.context.session?.kernel ? "asking" : "none");
    if (this.watched) this.soon.ask();
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (ENDED.includes(status)) {
      this.lose(status === "dead" ? "the kernel died" : "the kernel restarts");
      this.stand(status === "dead" ? "dead" : "asking");
    } else if (status === "idle" && this.standing === "asking" && this.watched) {
      this.soon.ask();
    }
  }

  /** A cell has ended when the kernel says idle for the message that `execute_input` named; ours name none. */
  private onMessage(_: unknown, message: KernelMessage.IMessage): void {
    const parent = (message.parent_header as { msg_id?: string }).msg_id;
    if (parent === undefined) return;
    if (message.header.msg_type === "execute_input") {
      this.cells.add(parent);
      // A cell that lasts may be a training: its run is seen while it goes on, by kernels that answer while busy.
      if (this.watched) this.later.ask(this.everyMs);
    }
    const state = (message.content as { execution_state?: string }).execution_state;
    if (message.header.msg_type === "status" && state === "idle" && this.cells.delete(parent) && this.watched) {
      this.soon.ask();
    }
  }

  private dispose(): void {
    this.soon.drop();
    this.later.drop();
    this.waiting.giveUp("the notebook was closed");
    Signal.clearData(this);
  }
}

/** What to do where nobody answers. */
export function whyNot(standing: Standing): string {
  const words: Record<Standing, string> = {
    none: "this notebook has no kernel: choose one at its top right",
    foreign: "this notebook's kernel is no Python",
    dead: "the kernel died: restart it",
    asking: "the kernel is starting or busy: try again in a moment",
    missing: "the kernel has no lepton-lab: run %pip install lepton-lab, then restart it",
    unloaded: "run %load_ext lepton_lab first",
    live: "",
  };
  return words[standing];
}

async function probe(kernel: Kernel.IKernelConnection): Promise<{ loaded: boolean; installed: boolean }> {
  const asked = kernel.requestExecute({
    code: "",
    silent: true,
    store_history: false,
    stop_on_error: false,
    user_expressions: { loaded: LOADED, installed: INSTALLED },
  });
  const { content } = await asked.done;
  const answers = content.status === "ok" ? content.user_expressions : {};
  return { loaded: isTrue(answers["loaded"]), installed: isTrue(answers["installed"]) };
}

/** Whether a kernel's answer to an expression is True. */
export function isTrue(answer: unknown): boolean {
  const data = (answer as { data?: Record<string, unknown> } | undefined)?.data;
  return data?.["text/plain"] === "True";
}
