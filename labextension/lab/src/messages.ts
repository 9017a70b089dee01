/** What the page and the kernel say to each other; the other half is lepton_lab/notebook/sidebar.py. */

export interface Frame {
  name: string;
  rows: number;
  columns: number;
}

export interface Model {
  name: string;
  target: string;
  task: string;
  metric: string;
  score: number | null;
}

export interface Run {
  id: string;
  status: string;
  kind: string;
  message: string;
  began: string;
  metric: string;
  score: number | null;
  seconds: number;
}

/** What is in a kernel; `runs` is null while the kernel still imports. */
export interface Look {
  seen: string;
  frames: Frame[];
  /** How many frames there are beyond those listed. */
  hidden: number;
  models: Model[];
  runs: Run[] | null;
  next: string;
}

export interface Column {
  name: string;
  kind: string;
}

/** The first columns of a frame, and how many it has beyond them. */
export interface Columns {
  columns: Column[];
  hidden: number;
}

/** What a form that trains on a frame offers. */
export interface TrainForm extends Columns {
  frame: string;
  rows: number;
  likely: string[];
  tasks: string[];
  to: string;
}

/** A line of `%lepton` before it is written. */
export interface Choice {
  verb: string;
  words?: string[];
  options?: Record<string, string>;
  to?: string;
}

export interface Questions {
  look: { ask: { seen: string }; answer: Look | { seen: string } };
  columns: { ask: { frame: string }; answer: Columns };
  form: { ask: { frame: string }; answer: TrainForm };
  line: { ask: Choice; answer: { code: string } };
  evaluation: { ask: { path: string; frame: string }; answer: { code: string } };
}

export interface Reply {
  id: string;
  answer?: unknown;
  error?: string;
}

/** Whether an answer to `look` says more than that nothing changed. */
export function isNews(answer: Look | { seen: string }): answer is Look {
  return "frames" in answer;
}

/** What a `.lepton` file holds; the other half is lepton_lab/notebook/opened_file.py. */
export interface OpenedFile {
  about: string[];
  line: string;
  missing: string[];
  tabs: [id: string, title: string][];
  picture: string;
}

export interface FileQuestions {
  open: { ask: { path: string }; answer: OpenedFile };
  panel: { ask: { name: string }; answer: { widget: string } };
}
