// "Copy as code": the Python line that makes what the panel shows.

import { h } from "./dom.ts";

/** A button that copies; where the page may not use the clipboard, it shows the code to be copied by hand. */
export function copyButton(code: () => string): HTMLElement {
  const shown = h("code", { class: "lep-code", hidden: true, tabindex: "0" });
  const button = h("button", { type: "button", class: "lep-button", click: () => void copy() }, "Copy as code");
  async function copy(): Promise<void> {
    const words = code();
    try {
      await navigator.clipboard.writeText(words);
      button.textContent = "Copied";
    } catch {
      shown.textContent = words;
      shown.hidden = false;
      getSelection()?.selectAllChildren(shown);
      button.textContent = "Code selected";
    }
    setTimeout(() => (button.textContent = "Copy as code"), 1600);
  }
  return h("span", { class: "lep-copy" }, button, shown);
}

/** A line of Python that is always shown; a text that can be reached, named and read, but not changed. */
export function codeLine(): HTMLElement {
  return h("code", {
    class: "lep-code", tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-label": "the same in Python",
  });
}
