// Which of many dots is under the pointer: an index of cells, so that a move costs microseconds, not a scan.

export class Near {
  private readonly starts: Int32Array;
  private readonly order: Int32Array;
  private readonly wide: number;
  private readonly high: number;

  /** Dots at `xs`, `ys`, all at 0 or right and below of it. */
  constructor(private readonly xs: ArrayLike<number>, private readonly ys: ArrayLike<number>, private readonly cell = 10) {
    let right = 0;
    let bottom = 0;
    for (let i = 0; i < xs.length; i++) {
      if (xs[i]! > right) right = xs[i]!;
      if (ys[i]! > bottom) bottom = ys[i]!;
    }
    this.wide = Math.floor(right / cell) + 1;
    this.high = Math.floor(bottom / cell) + 1;
    this.starts = new Int32Array(this.wide * this.high + 1);
    for (let i = 0; i < xs.length; i++) this.starts[this.at(i) + 1]!++;
    for (let k = 1; k < this.starts.length; k++) this.starts[k]! += this.starts[k - 1]!;
    this.order = new Int32Array(xs.length);
    const next = this.starts.slice();
    for (let i = 0; i < xs.length; i++) this.order[next[this.at(i)]!++] = i;
  }

  private at(i: number): number {
    return this.clip(this.ys[i]!, this.high) * this.wide + this.clip(this.xs[i]!, this.wide);
  }

  private clip(place: number, n: number): number {
    const k = Math.floor(place / this.cell);
    return k > 0 ? Math.min(k, n - 1) : 0; // NaN too
  }

  /** The dot nearest to a point, at most `reach` pixels away; -1 for none. The last drawn wins where several are. */
  nearest(x: number, y: number, reach = 7): number {
    let best = reach * reach;
    let found = -1;
    for (let row = this.clip(y - reach, this.high); row <= this.clip(y + reach, this.high); row++) {
      for (let column = this.clip(x - reach, this.wide); column <= this.clip(x + reach, this.wide); column++) {
        const k = row * this.wide + column;
        for (let place = this.starts[k]!; place < this.starts[k + 1]!; place++) {
          const i = this.order[place]!;
          const distance = (this.xs[i]! - x) ** 2 + (this.ys[i]! - y) ** 2;
          if (distance < best || (distance === best && i > found)) {
            best = distance;
            found = i;
          }
        }
      }
    }
    return found;
  }
}
