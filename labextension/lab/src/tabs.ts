/** Tabs: a choice of views of one thing, each filled when it is first looked at. */
import { h } from "../../panels/src/dom";

export interface Tab {
  id: string;
  title: string;
  /** Fill the element; called once. */
  fill: (el: HTMLElement) => void;
}

/** A list of tabs and the views that they choose between, the first of them shown; arrows move between the tabs. */
export function tabbed(label: string, tabs: Tab[]): HTMLElement {
  const filled = new Set<string>();
  const buttons = tabs.map((tab) => h("button", {
    type: "button", role: "tab", class: "lepton-Tab", id: `lepton-tab-${++count}`, "data-tab": tab.id, click: () => choose(tab),
  }, tab.title));
  const views = tabs.map((tab, i) => h("section", {
    role: "tabpanel", class: "lepton-TabView", "data-view": tab.id, "aria-labelledby": buttons[i]!.id,
  }));
  const choose = (tab: Tab, focus = false) => {
    tabs.forEach((one, i) => {
      const isIt = one === tab;
      buttons[i]!.setAttribute("aria-selected", String(isIt));
      buttons[i]!.tabIndex = isIt ? 0 : -1;
      views[i]!.hidden = !isIt;
      if (isIt && focus) buttons[i]!.focus();
      if (isIt && !filled.has(one.id)) one.fill(views[i]!);
    });
    filled.add(tab.id);
  };
  const list = h("div", { role: "tablist", "aria-label": label, class: "lepton-Tabs" }, ...buttons);
  list.addEventListener("keydown", (event) => {
    const at = tabs.findIndex((_, i) => buttons[i]!.tabIndex === 0);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[(to + tabs.length) % tabs.length]!, true);
  });
  if (tabs[0]) choose(tabs[0]);
  return h("div", {}, ...(tabs.length > 1 ? [list] : []), ...views);
}

let count = 0;
