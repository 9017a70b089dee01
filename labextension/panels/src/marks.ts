// Paints hundreds of thousands of dots: into pixels directly, since a canvas takes a second for as many arcs.

export type Shape = "disc" | "square" | "triangle" | "diamond" | "cross";

export interface Mark {
  rgb: [number, number, number];
  alpha: number;
  shape: Shape;
}

/** Dots of one drawing: where, and which of the marks each is. */
export interface Dots {
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
  which: Uint8Array;
}

const FINE = 4; // places between two pixels that are told apart
const SAMPLES = 4;

const INSIDE: Record<Shape, (x: number, y: number) => boolean> = {
  disc: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88,
  triangle: (x, y) => y <= 0.85 && y >= -1.1 && Math.abs(x) <= (y + 1.1) * 0.6,
  diamond: (x, y) => Math.abs(x) + Math.abs(y) <= 1.25,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.38 && Math.max(Math.abs(x), Math.abs(y)) <= 1.2,
};

/** How much of each pixel a shape covers, for each of the fine places of its middle; and how wide that is. */
export function stamps(shape: Shape, radius: number): { covers: Float32Array[]; side: number; reach: number } {
  const reach = Math.ceil(radius * 1.25 + 0.5);
  const side = 2 * reach + 1;
  const covers: Float32Array[] = [];
  for (let place = 0; place < FINE * FINE; place++) {
    const [dx, dy] = [(place % FINE) / FINE, Math.floor(place / FINE) / FINE];
    const cover = new Float32Array(side * side);
    for (let pixel = 0; pixel < cover.length; pixel++) {
      let hits = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const x = (pixel % side) - reach + ((sample % SAMPLES) + 0.5) / SAMPLES - dx;
        const y = Math.floor(pixel / side) - reach + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES - dy;
        if (INSIDE[shape](x / radius, y / radius)) hits++;
      }
      cover[pixel] = hits / (SAMPLES * SAMPLES);
    }
    covers.push(cover);
  }
  return { covers, side, reach };
}

// What is nearly opaque hides what lies below.
const FULL = 0.985;

/**
 * The pixels of a drawing, red, green, blue and opacity: later dots over earlier ones. `ratio` is pixels of the screen
 * a unit of the drawing. The last dot comes first, so that what is hidden by others costs a look, not a sum.
 */
export function blend(width: number, height: number, dots: Dots, marks: Mark[], radius: number, ratio: number): Uint8ClampedArray<ArrayBuffer> {
  const shapes = new Map([...new Set(marks.map((mark) => mark.shape))].map((shape) => [shape, covered(shape, radius * ratio)]));
  const made = marks.map((mark) => shapes.get(mark.shape)!);
  const sums = new Float32Array(4 * width * height); // colours times their opacity
  for (let i = dots.xs.length - 1; i >= 0; i--) {
    const mark = marks[dots.which[i]!]!;
    const x = dots.xs[i]! * ratio;
    const y = dots.ys[i]! * ratio;
    if (!mark.alpha || !(x >= 0 && y >= 0)) continue;
    const left = Math.floor(x);
    const top = Math.floor(y);
    const { dx, dy, share } = made[dots.which[i]!]![Math.floor((y - top) * FINE) * FINE + Math.floor((x - left) * FINE)]!;
    const [r, g, b] = mark.rgb;
    for (let k = 0; k < share.length; k++) {
      const px = left + dx[k]!;
      const py = top + dy[k]!;
      if (px < 0 || px >= width || py < 0 || py >= height) continue;
      const at = 4 * (py * width + px);
      const above = sums[at + 3]!;
      if (above > FULL) continue;
      const seen = (1 - above) * share[k]! * mark.alpha;
      sums[at]! += r * seen;
      sums[at + 1]! += g * seen;
      sums[at + 2]! += b * seen;
      sums[at + 3] = above + seen;
    }
  }
  return straight(sums);
}

function straight(sums: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(sums.length);
  for (let at = 0; at < sums.length; at += 4) {
    const alpha = sums[at + 3]!;
    if (!alpha) continue;
    data[at] = sums[at]! / alpha;
    data[at + 1] = sums[at + 1]! / alpha;
    data[at + 2] = sums[at + 2]! / alpha;
    data[at + 3] = 255 * alpha;
  }
  return data;
}

/** The pixels around a dot's own that it covers at all, for each of the fine places. */
function covered(shape: Shape, radius: number): { dx: Int32Array; dy: Int32Array; share: Float32Array }[] {
  const { covers, side, reach } = stamps(shape, radius);
  return covers.map((cover) => {
    const some = [...cover.keys()].filter((pixel) => cover[pixel]! > 0);
    return { dx: Int32Array.from(some, (pixel) => (pixel % side) - reach), dy: Int32Array.from(some, (pixel) => Math.floor(pixel / side) - reach), share: Float32Array.from(some, (pixel) => cover[pixel]!) };
  });
}

/** A canvas of this size in units of the drawing, with these dots. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, dots: Dots, marks: Mark[], radius = 2): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = "auto"; // where the panel is narrow, it shrinks as the drawing under it
  const context = canvas.getContext("2d");
  if (!context) return null;
  const pixels = blend(canvas.width, canvas.height, dots, marks, radius, ratio);
  context.putImageData(new ImageData(pixels, canvas.width, canvas.height), 0, 0);
  context.scale(ratio, ratio);
  return context;
}
