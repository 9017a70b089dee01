// What a training panel says: where the run stands, how long it takes, what its buttons do not say themselves.

import type { Attribution } from "./attribution.ts";
import { fixed, seconds } from "./format.ts";

export interface State {
  status: "running" | "stopping" | "done" | "stopped" | "failed";
  stage: string;
  member: string;
  fold: number | null;
  n_folds: number | null;
  epoch: number;
  n_epochs: number;
  step: number;
  metric_name: string;
  metric: number | null;
  best: number | null;
  higher_is_better: boolean;
  elapsed_s: number;
  remaining_s: number | null;
  left_s: number | null;
  budget_s: number | null;
  compiling: boolean;
  device: string;
  run: string;
  message: string;
  baseline: { name: string; loss: number | null; metric: number | null } | null;
  attribution: Attribution | null;
  results: { name: string; value: number; low: number | null; high: number | null }[];
  lines: { keep?: string; continue?: string };
  can_stop: boolean;
  in_foreground: boolean;
  can_go_on: boolean;
  can_keep: boolean;
  kept: string;
  trouble: string;
}

/** "Network, fold 2 of 5, epoch 3.2 of 64, step 150". */
export function where(state: State): string {
  const fold = state.fold === null ? "" : `, fold ${state.fold + 1}${state.n_folds ? ` of ${state.n_folds}` : ""}`;
  const epoch = state.n_epochs > 0 ? `, epoch ${fixed(state.epoch, 1)} of ${fixed(state.n_epochs, 0)}` : "";
  const step = state.step > 0 ? `, step ${fixed(state.step, 0)}` : "";
  return `${state.member || state.stage}${fold}${epoch}${step}`;
}

/** Whether a run goes on. */
export function isLive(now: State): boolean {
  return now.status === "running" || now.status === "stopping";
}

/** What the panel copies: how to keep the model or to go on where that is possible, else how it began. */
export function code(began: string, now: State, more: string): string {
  const lines = [now.lines.keep, now.lines.continue?.replace("BUDGET", JSON.stringify(more))];
  return lines.filter(Boolean).join("\n") || began;
}

/** A click of which the kernel has not said anything yet. */
export interface Click {
  what: "stop" | "keep" | "continue";
  ago_s: number;
}

// A kernel that hears at all answers within some milliseconds.
const DEAF_S = 2;

/** What the buttons do not say themselves. */
export function hint(now: State, live: boolean, click: Click | null = null): string {
  if (click) return click.ago_s < DEAF_S ? "asked the kernel …" : deaf(now, click);
  if (live && now.in_foreground) return "The kernel's interrupt (■) in the toolbar ends it and keeps the best, too.";
  if (live && now.run) return `After a reload: %lepton attach ${now.run}`;
  if (now.kept) return `It is ${now.kept} in the notebook.`;
  return "";
}

/** The kernel runs a cell, and hears no button before that ends. */
function deaf(now: State, click: Click): string {
  if (click.what !== "stop") return "The kernel is busy with a cell, and will hear this when that ends.";
  return now.in_foreground
    ? "The kernel does not hear this while the cell runs: press its interrupt (■) in the toolbar, which keeps the best too."
    : `The kernel is busy with another cell, and will hear this when that ends. At once, from any other notebook: ll.stop("${now.run}")`;
}

/** Whether the network's program is there yet: linear models and trees need none. */
export function compileWords(now: State): string {
  if (now.compiling) return now.message ? `${now.message} …` : "compiling the network …";
  return now.step > 0 && now.stage === "network" ? "network compiled" : "";
}

/** What is left when the kernel is gone: the run's journal. */
export function lostWords(now: State): string {
  const run = now.run ? `: see it again with %lepton attach ${now.run}, go on with %lepton resume ${now.run} df` : "";
  return `The kernel was restarted or died. What the run had kept is in its journal${run}.`;
}

/** The state some seconds after it was told: the clock goes on while a compiler, say, has nothing to tell. */
export function later(now: State, by_s: number): State {
  if (!isLive(now)) return now;
  const less = (left: number | null) => (left === null ? null : Math.max(0, left - by_s));
  return { ...now, elapsed_s: now.elapsed_s + by_s, left_s: less(now.left_s), remaining_s: less(now.remaining_s) };
}

/** The share of the time that is used, from 0 to 1. */
export function timeShare(now: State): number {
  if (now.status === "done" || now.status === "stopped") return 1;
  if (now.budget_s !== null && now.left_s !== null) return Math.min(1, Math.max(0, 1 - now.left_s / now.budget_s));
  const whole = now.budget_s ?? (now.remaining_s === null ? null : now.elapsed_s + now.remaining_s);
  return whole ? Math.min(1, now.elapsed_s / whole) : 0;
}

/** How long it has taken, of how long. */
export function timeWords(now: State): string {
  if (!isLive(now)) return `took ${seconds(now.elapsed_s)}`;
  const of = now.budget_s === null ? "" : ` of ${seconds(now.budget_s)}`;
  const left = now.left_s !== null ? `, at most ${seconds(now.left_s)} left`
    : now.remaining_s !== null ? `, ${now.member} at most ${seconds(now.remaining_s)} more` : "";
  return `${seconds(now.elapsed_s)}${of}${left}`;
}
