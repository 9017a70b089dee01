import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";

import { h } from "../../panels/src/dom";
import { leptonIcon } from "./icons";
import type { KernelLink } from "./link";
import { type Standing, whyNot } from "./link";
import type { Columns, Frame, Model, Run } from "./messages";
import { aboutModel, aboutRun, codeWords, sign, size } from "./place";

const MOST_COLUMNS_SHOWN = 300;
export const FRAME_MIME = "application/x-lepton-frame";

/** What of a notebook the sidebar shows. */
export interface Followed {
  name: string;
  link: KernelLink;
}

/** Frames, models and runs of the current notebook's kernel, and the next step; names are text, never markup. */
export class Sidebar extends Widget {
  /** The sidebar came into sight, or went out of it. */
  readonly seen = new Signal<this, void>(this);
  private followed: Followed | null = null;
  private readonly opened = new Map<string, Columns | null>();

  constructor(private readonly commands: CommandRegistry) {
    super({ node: h("div", { class: "lepton-Sidebar" }) });
    this.id = "lepton-lab-sidebar";
    this.title.icon = leptonIcon;
    this.title.caption = "lepton-lab: frames, runs, models";
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", "lepton-lab");
    this.draw();
  }

  /** Show another notebook's kernel, or none. */
  follow(followed: Followed | null): void {
    if (followed?.link !== this.followed?.link) this.opened.clear();
    this.followed?.link.changed.disconnect(this.draw, this);
    this.followed = followed;
    followed?.link.changed.connect(this.draw, this);
    this.draw();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.seen.emit();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.seen.emit();
  }

  private draw(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset["key"];
    const scrolled = this.frameList()?.scrollTop ?? 0;
    this.node.replaceChildren(...this.parts());
    if (scrolled) this.frameList()?.scrollTo({ top: scrolled });
    if (focused === undefined) return;
    const again = [...this.node.querySelectorAll<HTMLElement>("[data-key]")].find((el) => el.dataset["key"] === focused);
    again?.focus();
  }

  /** The one list that scrolls within the sidebar, so that a hundred frames hide no run. */
  private frameList(): HTMLElement | null {
    return this.node.querySelector('ul[aria-label="Frames"]');
  }

  private parts(): HTMLElement[] {
    const link = this.followed?.link;
    const head = h("header", { class: "lepton-Sidebar-head" }, h("h2", {}, "lepton-lab"), h("span", {}, this.followed?.name ?? ""));
    if (!link) return [head, notice("Open a notebook: its frames, models and runs appear here."), this.button("Start a notebook", "lepton-lab:new-notebook")];
    const look = link.look;
    if (!look) return [head, ...this.invitation(link)];
    return [
      head,
      ...(link.trouble ? [notice(link.trouble, "alert")] : []),
      section("Next step", [this.next(look.next)]),
      section(`Frames`, [...look.frames.flatMap((frame) => this.frame(frame)), ...more(look.hidden)], "none yet: read one in a cell"),
      section("Models", look.models.map((model) => this.model(model)), "none yet"),
      section("Runs", (look.runs ?? []).map((run) => this.run(run)), look.runs ? "none yet" : "the kernel is still importing"),
    ];
  }

  private invitation(link: KernelLink): HTMLElement[] {
    const words = SAID[link.standing] ?? whyNot(link.standing);
    const told = notice(words);
    if (link.standing === "unloaded") return [told, this.button("Load lepton-lab", "lepton-lab:load")];
    return link.standing === "missing" ? [told, this.button("Write the cell", "lepton-lab:install")] : [told];
  }

  private next(code: string): HTMLElement {
    if (!code) return h("p", { class: "lepton-none" }, "…");
    return h("li", { class: "lepton-Next" }, h("code", {}, ...codeWords(code)), this.button("Run", "lepton-lab:next", {}, "Run the next step"));
  }

  private frame(frame: Frame): HTMLElement[] {
    const columns = this.opened.get(frame.name);
    const isOpen = columns !== undefined;
    const train = () => void this.commands.execute("lepton-lab:train", { frame: frame.name });
    const twist = h("button", {
      class: "lepton-Twist", type: "button", "aria-expanded": String(isOpen), "data-key": `columns ${frame.name}`,
      "aria-label": `Columns of ${frame.name}`, click: () => void this.toggle(frame.name),
    }, isOpen ? "▾" : "▸");
    const name = h("span", {
      class: "lepton-Name", role: "button", tabindex: 0, "data-key": `frame ${frame.name}`, title: "Enter, or drag it to the notebook: train on it",
      "aria-label": `Train on ${frame.name}, ${size(frame)}`, dblclick: train,
      keydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        train();
      },
    }, frame.name);
    const row = h("li", { class: "lepton-Item lepton-Frame", draggable: "true", "data-frame": frame.name },
      twist, name, h("span", { class: "lepton-about" }, size(frame)),
      this.button("Train…", "lepton-lab:train", { frame: frame.name }, `Train on ${frame.name}`));
    row.addEventListener("dragstart", (event) => this.onDrag(event, frame.name));
    return isOpen ? [row, columnList(columns)] : [row];
  }

  private onDrag(event: DragEvent, frame: string): void {
    event.dataTransfer?.setData(FRAME_MIME, frame);
    event.dataTransfer?.setData("text/plain", frame);
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "copy";
  }

  private async toggle(frame: string): Promise<void> {
    if (this.opened.delete(frame)) return this.draw();
    this.opened.set(frame, null);
    this.draw();
    const link = this.followed?.link;
    try {
      const found = await link?.ask("columns", { frame });
      if (found && this.opened.has(frame)) this.opened.set(frame, found);
    } catch {
      this.opened.delete(frame); // the frame is gone: the next look says so
    }
    this.draw();
  }

  private model(model: Model): HTMLElement {
    return h("li", { class: "lepton-Item", "data-model": model.name },
      h("span", { class: "lepton-Name" }, model.name), h("span", { class: "lepton-about" }, aboutModel(model)),
      this.button("Explain", "lepton-lab:explain", { model: model.name }, `Explain ${model.name}`),
      this.button("What if", "lepton-lab:whatif", { model: model.name }, `What if, with ${model.name}`));
  }

  private run(run: Run): HTMLElement {
    return h("li", { class: "lepton-Item", "data-run": run.id, "data-status": run.status, title: run.message || `began ${run.began}` },
      h("span", { class: "lepton-Sign", "aria-hidden": "true" }, sign(run.status)),
      h("span", { class: "lepton-Name" }, run.id), h("span", { class: "lepton-about" }, aboutRun(run)),
      this.button("Show", "lepton-lab:attach", { run: run.id }, `Show the run ${run.id}`));
  }

  private button(words: string, command: string, args: Record<string, string> = {}, label = words): HTMLElement {
    return h("button", {
      class: "lepton-Button", type: "button", "aria-label": label, "data-key": `${command} ${Object.values(args).join(" ")}`,
      click: () => void this.commands.execute(command, args),
    }, words);
  }
}

const SAID: Partial<Record<Standing, string>> = {
  asking: "Asking the kernel…",
  none: "This notebook has no kernel: choose one at its top right.",
  foreign: "This notebook's kernel is no Python: lepton-lab works in Python.",
  dead: "The kernel died. Restart it: runs are kept on disk.",
  unloaded: "This kernel has lepton-lab; it is not loaded yet.",
  missing: "This notebook's kernel has no lepton-lab.",
};

function notice(words: string, role = "status"): HTMLElement {
  return h("p", { class: "lepton-notice", role }, words);
}

function section(title: string, items: HTMLElement[], none = ""): HTMLElement {
  const list = items.length ? h("ul", { "aria-label": title }, ...items) : h("p", { class: "lepton-none" }, none);
  return h("section", {}, h("h3", {}, title), list);
}

function more(n: number): HTMLElement[] {
  return n > 0 ? [h("li", { class: "lepton-none" }, `and ${n.toLocaleString("en-US")} more`)] : [];
}

function columnList(found: Columns | null): HTMLElement {
  if (!found) return h("li", { class: "lepton-none" }, "…");
  const shown = found.columns.slice(0, MOST_COLUMNS_SHOWN);
  const items = shown.map(({ name, kind }) => h("li", {}, h("span", { title: name }, name), h("small", {}, kind)));
  return h("li", {}, h("ul", { class: "lepton-Columns" }, ...items, ...more(found.hidden + found.columns.length - shown.length)));
}
