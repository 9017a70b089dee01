// The card of one column: what it is, how its values lie, and three decisions: its type, left out, cannot change.

import { h } from "./dom.ts";
import { fixed, number, percent } from "./format.ts";
import { objectPicture, type Picture } from "./object_picture.ts";
import { spread } from "./spread.ts";

export interface Card {
  name: string;
  kind: string;
  role: string;
  reason: string;
  told: boolean; // its type was told, not found
  missing: number;
  nMissing: number;
  unique: number;
  bins: string[];
  counts: number[];
  shares: number[];
  classes: string[];
  byClass: number[][];
  missingByClass: number[];
  means: (number | null)[];
  second: number[];
  hasOthers: boolean;
  ends: { row: string; value: string }[][];
  drift: Drift | null;
  /** Of objects, which lie on no axis. */
  examples: { row: string; words: string; picture: Picture | null }[];
}

export interface Drift {
  verdict: string;
  chip: string;
  psi: number;
  chance: number;
  measure: string;
  distance: number;
  p: number;
  missing: number[];
  new: string[];
  newShare: number;
  problem: string;
}

export interface Decisions {
  drop: string[];
  types: Record<string, string>;
  immutable: string[];
}

/** Decisions with one column's turned: what contradicts it is taken back. */
export function turned(now: Decisions, name: string, what: "drop" | "immutable", on: boolean): Decisions {
  const without = (names: string[]) => names.filter((one) => one !== name);
  const next = { ...now, [what]: on ? [...without(now[what]), name] : without(now[what]) };
  if (what === "drop" && on) next.types = Object.fromEntries(Object.entries(now.types).filter(([one]) => one !== name));
  return next;
}

/** Decisions with one column's type told, or no longer. */
export function typed(now: Decisions, name: string, kind: string): Decisions {
  const types = Object.fromEntries(Object.entries(now.types).filter(([one]) => one !== name));
  if (kind) types[name] = kind;
  return { ...now, types, drop: kind ? now.drop.filter((one) => one !== name) : now.drop };
}

/** Drift in a line. */
export function driftWords(one: Drift): string {
  if (one.problem) return one.problem;
  const told = [`PSI ${fixed(one.psi, 3)} (by chance ${fixed(one.chance, 3)})`];
  if (one.measure) told.push(`${one.measure} ${fixed(one.distance, 3)}`);
  told.push(`p ${one.p < 0.001 ? "< 0.001" : fixed(one.p, 3)}`);
  if (one.missing.some((share) => share > 0)) told.push(`missing ${percent(one.missing[0]!)} → ${percent(one.missing[1]!)}`);
  if (one.new.length) told.push(`new: ${one.new.slice(0, 4).join(", ")}${one.new.length > 4 ? ", …" : ""} (${percent(one.newShare)})`);
  return told.join(" · ");
}

export interface Shown {
  node: HTMLElement;
  /** Show decisions; those that the check does not know yet are marked as waiting. */
  show(decisions: Decisions): void;
}

export function columnCard(card: Card, kinds: string[], nFindings: number, heard: { turn(what: "drop" | "immutable", on: boolean): void; type(kind: string): void; find(): void }): Shown {
  const isInput = card.role === "input" || card.role === "ignored";
  const button = (what: "drop" | "immutable", words: string, title: string) =>
    h("button", { type: "button", class: "lep-button lep-toggle", "aria-pressed": "false", "aria-label": `${words} ${card.name}`, title, click: (event: MouseEvent) => heard.turn(what, (event.currentTarget as HTMLElement).getAttribute("aria-pressed") !== "true") }, words);
  const drop = button("drop", "Leave out", "ignore= of train");
  const immutable = button("immutable", "Cannot change", "immutable= of train: counterfactuals leave it as it is");
  const type = h("select", { "aria-label": `type of ${card.name}`, change: () => heard.type(type.value) },
    h("option", { value: "" }, card.told ? "as found" : `${card.kind} (found)`), ...kinds.map((kind) => h("option", { value: kind }, kind)));
  const drift = card.drift;
  const head = h("div", { class: "lep-card-head" }, h("strong", { class: "lep-card-name", title: card.name }, card.name),
    nFindings ? h("button", { type: "button", class: "lep-link", click: heard.find, "aria-label": `${nFindings} findings of ${card.name}` }, `${nFindings} ${nFindings === 1 ? "finding" : "findings"}`) : null);
  const facts = [card.nMissing ? `${percent(card.missing)} missing` : "none missing", ...(card.unique ? [`${number(card.unique, 12)} different`] : []), ...endsOf(card)];
  const drawn = spread(card.name, card);
  const node = h(
    "li", { class: "lep-card", "data-column": card.name }, head,
    h("div", { class: "lep-sub lep-card-what" }, [card.role === "input" ? "" : card.role, card.reason].filter(Boolean).join(": ") || card.kind),
    drawn,
    card.examples.length ? h("div", { class: "lep-examples" }, ...card.examples.map((one) => example(card.name, one))) : null,
    h("div", { class: "lep-sub" }, facts.join(" · ")),
    card.nMissing && card.classes.length ? h("div", { class: "lep-sub" }, `missing by class: ${card.classes.map((name, k) => `${name} ${number(card.missingByClass[k]!, 12)}`).join(", ")}`) : null,
    drift ? h("div", { class: "lep-sub lep-card-drift" }, h("span", { class: `lep-chip ${drift.chip}` }, drift.verdict === "none" ? "no drift" : drift.verdict === "type" ? "cannot be read" : `${drift.verdict} drift`), " ", driftWords(drift)) : null,
    isInput ? h("div", { class: "lep-card-tools" }, type, drop, immutable) : null,
  );
  const show = (now: Decisions) => {
    drop.setAttribute("aria-pressed", String(now.drop.includes(card.name)));
    immutable.setAttribute("aria-pressed", String(now.immutable.includes(card.name)));
    type.value = now.types[card.name] ?? "";
    node.classList.toggle("dropped", now.drop.includes(card.name));
  };
  return { node, show };
}

function example(name: string, one: Card["examples"][number]): HTMLElement {
  const drawn = one.picture ? objectPicture(`${name} of row ${one.row}`, one.picture) : h("div", {}, one.words);
  return h("figure", { class: one.picture ? null : "lep-said-example", title: `row ${one.row}: ${one.words}` }, drawn);
}

function endsOf(card: Card): string[] {
  const [low, high] = card.ends;
  if (low?.length && high?.length) return [`${low[0]!.value} (row ${low[0]!.row}) to ${high[0]!.value} (row ${high[0]!.row})`];
  const most = card.shares.slice(0, Math.min(2, card.bins.length - Number(card.hasOthers))).map((share, i) => `${card.bins[i]} ${percent(share)}`);
  return most.length ? [most.join(", ")] : [];
}
