// What scrolls sideways can be reached by the keyboard; what does not scroll is no stop on the way.

import type { Cleanup } from "./host.ts";

/** Keep every table of an element reachable, as long as it is shown; the answer ends that. */
export function reachScrollers(el: HTMLElement): Cleanup {
  const look = () => {
    for (const one of el.querySelectorAll<HTMLElement>(".lep-scroll")) {
      if (one.scrollWidth > one.clientWidth + 1) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    }
  };
  const resized = new ResizeObserver(look);
  resized.observe(el);
  return () => resized.disconnect();
}
