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

/** Blend dots over what the pixels hold. `ratio` is pixels of the screen a unit of the drawing. */
export function blend(pixels: { data: Uint8ClampedArray; width: number; height: number }, dots: Dots, marks: Mark[], radius: number, ratio: number): void {
  const made = marks.map((mark) => stamps(mark.shape, radius * ratio));
  const { data, width, height } = pixels;
  for (let i = 0; i < dots.xs.length; i++) {
    const mark = marks[dots.which[i]!]!;
    if (!mark.alpha) continue;
    const { covers, side, reach } = made[dots.which[i]!]!;
    const [x, y] = [dots.xs[i]! * ratio, dots.ys[i]! * ratio];
    if (!(x >= 0 && y >= 0)) continue;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const cover = covers[Math.floor((y - top) * FINE) * FINE + Math.floor((x - left) * FINE)]!;
    const [r, g, b] = mark.rgb;
    for (let row = 0; row < side; row++) {
      const py = top - reach + row;
      if (py < 0 || py >= height) continue;
      for (let column = 0; column < side; column++) {
        const share = cover[row * side + column]!;
        const px = left - reach + column;
        if (share === 0 || px < 0 || px >= width) continue;
        const at = 4 * (py * width + px);
        const above = share * mark.alpha;
        const below = (data[at + 3]! / 255) * (1 - above);
        const alpha = above + below;
        data[at] = (r * above + data[at]! * below) / alpha;
        data[at + 1] = (g * above + data[at + 1]! * below) / alpha;
        data[at + 2] = (b * above + data[at + 2]! * below) / alpha;
        data[at + 3] = 255 * alpha;
      }
    }
  }
}

/** A canvas of this size in units of the drawing, with these dots. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, dots: Dots[], marks: Mark[], radius = 2): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = "auto"; // where the panel is narrow, it shrinks as the drawing under it
  const context = canvas.getContext("2d");
  if (!context) return null;
  const pixels = context.createImageData(canvas.width, canvas.height);
  for (const some of dots) blend(pixels, some, marks, radius, ratio);
  context.putImageData(pixels, 0, 0);
  context.scale(ratio, ratio);
  return context;
}
