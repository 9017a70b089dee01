import type { NotebookPanel } from "@jupyterlab/notebook";

import { FRAME_MIME } from "./sidebar";

/** Let a frame be dropped on a cell of its own notebook; another notebook's kernel does not have it. */
export function acceptFrames(panel: NotebookPanel, isHome: () => boolean, dropped: (frame: string, below: number) => void): void {
  const node = panel.content.node;
  let marked: Element | null = null;
  const mark = (cell: Element | null) => {
    if (marked === cell) return;
    marked?.classList.remove("lepton-drop");
    cell?.classList.add("lepton-drop");
    marked = cell;
  };
  const ours = (event: DragEvent) => isHome() && Boolean(event.dataTransfer?.types.includes(FRAME_MIME));

  // Before the editor of the cell, which would write the frame's name into it.
  node.addEventListener("dragover", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    mark(cellUnder(event));
  }, true);
  node.addEventListener("dragleave", (event) => {
    if (!node.contains(event.relatedTarget as Node | null)) mark(null);
  });
  node.addEventListener("drop", (event) => {
    const frame = event.dataTransfer?.getData(FRAME_MIME);
    if (!ours(event) || !frame) return;
    event.preventDefault();
    event.stopPropagation();
    const cell = cellUnder(event);
    mark(null);
    const last = panel.content.widgets.length - 1;
    const below = panel.content.widgets.findIndex((widget) => widget.node === cell);
    dropped(frame, below < 0 ? last : below);
  }, true);
}

function cellUnder(event: DragEvent): Element | null {
  return event.target instanceof Element ? event.target.closest(".jp-Cell") : null;
}
