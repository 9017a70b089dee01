// What the what-if panel knows: the row, the model's last answer, the curves around it, scenarios. It draws nothing
// and asks nobody.

import { fromCurves, headline, type Answer } from "./answer.ts";
import type { Column, Control, Value } from "./controls.ts";
import { Curves, dayAt, placeOf, shown, type Link, type Reading } from "./curves_read.ts";
import { number, percent } from "./format.ts";
import { extent } from "./scale.ts";
import { nextName, sameChanges, type Changes, type Scenario } from "./scenarios.ts";

export interface Told {
  columns: Column[];
  first: Answer;
  answer: Answer;
  changes: Changes;
  pins: Record<string, Changes>;
  locked: string[];
  link: Link;
  classes: string[];
  target: string;
  goal: string;
}

/** What holds the value of a column now. */
export type Holder = Pick<Control, "column" | "value">;

export type Line = { place: number; height: number }[];

const MOST_PINS = 8;

/** What differs from the row as it is, by column. */
export function changesOf(holders: Holder[]): Changes {
  const changed: [string, Value][] = [];
  for (const one of holders) if (one.value() !== one.column.value) changed.push([one.column.name, one.value()]);
  return Object.fromEntries(changed);
}

/** Where a value is drawn on its column's strip; null where the strip has no such place. */
export function placeIn(column: Column, value: Value): number | null {
  const points = column.curve;
  if (!points) return null;
  if (points.ordered) return placeOf(column, value);
  const at = points.points.findIndex((point) => point === value);
  return at < 0 ? null : at;
}

/** Of a text, where it is told and not written. */
const MOST_LETTERS = 48;

/** The value at a place of a column's strip. */
export function valueAt(column: Column, place: number): Value {
  const points = column.curve!;
  if (!points.ordered) return points.points[Math.round(place)] ?? null;
  return column.kind === "datetime" ? dayAt(place) : place;
}

export function shownValue(column: Column, value: Value): string {
  if (value === null) return "missing";
  if (column.kind === "items") return itemsInWords(String(value));
  if (column.kind === "text") return String(value).length > MOST_LETTERS ? `${String(value).slice(0, MOST_LETTERS)}…` : String(value);
  if (typeof value === "number" && column.kind === "numeric") return number(value, Number.isInteger(column.step) ? Math.max(3, String(Math.round(value)).length) : 4);
  return column.categories.find((one) => one.value === value)?.shown ?? String(value).replace("T00:00:00", "");
}

/** A list of items by how many there are, and the latest. */
function itemsInWords(lines: string): string {
  const items = lines.split("\n").filter((one) => one.trim());
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.length} items, the last ${last.length > MOST_LETTERS ? `${last.slice(0, MOST_LETTERS)}…` : last}`;
}

export class WhatIfState {
  scenarios: Scenario[] = [];
  /** The model's last answer, and the values it is for. */
  private last: { answer: Answer; values: Value[] };
  private curves: Curves | null = null;

  /** @param holders of the values that the reader sees now, a column each, in the order of `told.columns` */
  constructor(readonly told: Told, private readonly holders: Holder[]) {
    this.last = { answer: told.answer, values: this.values() };
  }

  values(): Value[] {
    return this.holders.map((one) => one.value());
  }

  changes(): Changes {
    return changesOf(this.holders);
  }

  answered(answer: Answer, values: Value[]): void {
    this.last = { answer, values };
  }

  /** The curves around the values of the last answer. */
  setCurves(view: DataView): void {
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
    this.curves = new Curves(this.told.columns, new Float32Array(bytes), this.last.values, this.last.answer.link);
  }

  get hasCurves(): boolean {
    return this.curves !== null;
  }

  /** What the curves say of the values now, as an answer. */
  read(): { answer: Answer; moved: number } | null {
    const reading = this.reading();
    return reading && { answer: fromCurves(this.last.answer, this.told.link, reading.outputs), moved: reading.moved };
  }

  /** The curves in the number that is drawn, and the range of all of them. */
  lines(): { lines: Line[]; all: [number, number] } {
    const lines = this.holders.map((_, j) => this.curves!.line(j).map((one) => ({ place: one.place, height: this.height(one.outputs) })));
    return { lines, all: extent(lines.flatMap((line) => line.map((one) => one.height)), 0.02) };
  }

  /** How high the values now are on every curve. */
  heightNow(): number | null {
    const reading = this.reading();
    return reading ? this.height(reading.outputs) : null;
  }

  /** What a column's curve says of one of its values, in words. */
  wordsAt(j: number, value: Value): string {
    const outputs = this.curves?.read(j, value);
    if (!outputs) return "";
    const height = this.height(outputs);
    return `${shownValue(this.told.columns[j]!, value)}: ${headline(this.last.answer).share ? percent(height, 1) : number(height, 5)}`;
  }

  column(name: string): Column {
    return this.told.columns.find((one) => one.name === name)!;
  }

  canPin(): boolean {
    const changes = this.changes();
    return Object.keys(changes).length > 0 && this.scenarios.length < MOST_PINS && !this.scenarios.some((one) => sameChanges(one.changes, changes));
  }

  /** The scenarios with the one that is seen now; its numbers are the model's where it has answered for it. */
  withThisOne(): Scenario[] {
    const isLast = this.values().every((value, j) => value === this.last.values[j]);
    const answer = isLast ? this.last.answer : (this.read()?.answer ?? null);
    return [...this.scenarios, { name: nextName(this.scenarios.map((one) => one.name)), changes: this.changes(), answer }];
  }

  /** Scenarios as another view, or an earlier one, left them. */
  hearPins(pins: Record<string, Changes>, answers: Record<string, Answer>): void {
    const before = new Map(this.scenarios.map((one) => [one.name, one]));
    this.scenarios = Object.entries(pins).map(([name, changes]) => ({ name, changes, answer: answers[name] ?? before.get(name)?.answer ?? null }));
  }

  private reading(): Reading | null {
    return this.curves?.predict(this.values()) ?? null;
  }

  /** The number of an answer that is drawn as a curve's height. */
  private height(outputs: number[]): number {
    const { answer } = this.last;
    const numbers = shown(this.told.link, outputs);
    // Of several classes the one that the model says now, all along the curve.
    const k = answer.probabilities.findIndex((one) => one.name === headline(answer).name);
    return numbers[Math.max(k, 0)]!;
  }
}
