// The user's own values of many rows: numbers as they are, all else as places in a list of texts.

import { number } from "./format.ts";

/** A column's cells: numbers where `texts` is null, else positions in it. NaN is a missing number. */
export interface Cells {
  texts: string[] | null;
  cells: Float64Array;
}

/** A number as its user wrote it: whole ones whole, years and codes without separators. As in pictures/numbers.py. */
export function ownNumber(value: number): string {
  if (Number.isNaN(value)) return "missing";
  if (!Number.isInteger(value) || Math.abs(value) >= 1e15) return number(value, 6);
  const size = Math.abs(value);
  const words = size >= 10_000 ? size.toLocaleString("en-US") : String(size);
  return value < 0 ? `−${words}` : words;
}

/** What stands in a row's cell. */
export function shownCell({ texts, cells }: Cells, row: number): string {
  return texts ? (texts[cells[row]!] ?? "") : ownNumber(cells[row]!);
}

/** The arrays of a message: a copy, since a typed array wants its bytes aligned. */
export function array<T>(type: new (buffer: ArrayBuffer) => T, view: DataView | undefined): T {
  if (!view) return new type(new ArrayBuffer(0));
  return new type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}
