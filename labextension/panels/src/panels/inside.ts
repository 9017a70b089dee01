// The panel inside an object: an image, a series or a text under the colours of its parts; row and class are asked of
// the kernel.

import { codeLine, copyButton } from "../code.ts";
import { h } from "../dom.ts";
import { takeTwinsPlace, type Cleanup, type View } from "../host.ts";
import { InsideBody, type Told } from "../inside_body.ts";
import { Line, type State } from "../line.ts";
import { Source } from "../source.ts";

function render({ model, el }: View): Cleanup {
  const panel = new InsideView(model, el);
  return () => panel.close();
}

class InsideView {
  private code: string;
  private twin: Cleanup | null = null;
  private readonly line: Line;
  private readonly sub = h("div", { class: "lep-sub" });
  private readonly source = new Source("Hovering goes on; run the cell again for other rows and classes.");
  private readonly python = codeLine();
  private readonly body = new InsideBody((row, output) => this.line.ask({ type: "row", row, output }));

  constructor(private readonly model: View["model"], private readonly el: HTMLElement) {
    el.classList.add("lepton", "lepton-panel");
    this.code = String(model.get("code"));
    this.line = new Line(model, { row: (content) => this.show(content) }, (state) => this.stateIs(state));
    const title = h("div", { class: "lep-title" }, String(model.get("title")));
    const copying = h("div", { class: "lep-tools" }, this.python, copyButton(() => this.code));
    el.replaceChildren(h("div", { class: "lep-head" }, title, this.sub), this.body.node, this.source.node, copying);
    this.line.ask({ type: "row" });
  }

  close(): void {
    this.twin?.();
    this.body.close();
    this.line.close();
  }

  private show(told: Told & { error: string | null }): void {
    if (told.error) return this.source.say(told.error, "lost");
    if (!this.body.show(told)) return;
    this.code = told.code;
    this.python.textContent = told.code;
    this.sub.textContent = told.sub;
    this.twin ??= takeTwinsPlace(this.el, String(this.model.get("twin")));
  }

  private stateIs(state: State): void {
    this.source.kernelIs(state);
    this.body.allow(state !== "lost");
  }
}

export default { render };
