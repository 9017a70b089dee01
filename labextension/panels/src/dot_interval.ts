// A column of estimates on one scale: a dot and its interval a row, coloured where the interval leaves out 0.

import { drawing, line, s } from "./dom.ts";
import { extent, scale, type Scale } from "./scale.ts";

export interface Interval {
  value: number;
  low: number;
  high: number;
}

const HEIGHT = 18;

export class DotInterval {
  private readonly at: Scale;

  constructor(all: Interval[], private readonly width: number) {
    this.at = scale(...extent(all.flatMap((one) => [one.low, one.high, one.value]), 0.04), 6, width - 6);
  }

  /** One row's drawing; `words` say it. */
  cell(one: Interval, words: string): SVGElement {
    const { at } = this;
    const kind = one.low <= 0 && one.high >= 0 ? "other" : one.value > 0 ? "up" : "down";
    return drawing(
      this.width, HEIGHT, words, s("title", {}, words), line(at(0), 0, at(0), HEIGHT, "axis"),
      line(at(one.low), HEIGHT / 2, at(one.high), HEIGHT / 2, `s-${kind}`), s("circle", { cx: at(one.value), cy: HEIGHT / 2, r: 3.6, class: kind }),
    );
  }
}
