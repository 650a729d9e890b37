/** Open documents, and what is known of each: facts follow the text, costs follow the facts. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { CompileOptions } from "../compile.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Costs } from "./costs.ts";
import type { Analysis, Facts } from "./facts.ts";
import type { Thread } from "./thread.ts";
import { View } from "./view.ts";

/** How a file is compiled, by the nearest mote.json. */
export type Settings = (file: string) => CompileOptions;

interface State {
  readonly document: TextDocument;
  readonly file: string;
  /** Grows with each change of the text, or of a file that it is read from. */
  wanted: number;
  done: number;
  /** Milliseconds of the last analysis. */
  took: number;
  running?: Promise<void> | undefined;
  timer?: NodeJS.Timeout | undefined;
  costTimer?: NodeJS.Timeout | undefined;
  analysis?: Analysis;
  /** The last text that could be read. */
  known?: { readonly text: string; readonly facts: Facts };
  costs?: { readonly costs: Costs; readonly of: number };
  isCompiling?: boolean;
}

export interface Events {
  analysed(document: TextDocument, file: string, analysis: Analysis): void;
}

const analysisDelay = 150;
const costDelay = 800;

export function fileOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    // What is not saved yet has no path.
    return resolve(`${uri.replace(/^\w+:\/*/, "")}.mote`);
  }
}

export class Documents {
  readonly #states = new Map<string, State>();
  readonly #analyses: Thread;
  readonly #compiles: Thread;
  readonly #settings: Settings;
  readonly #events: Events;

  constructor(analyses: Thread, compiles: Thread, settings: Settings, events: Events) {
    this.#analyses = analyses;
    this.#compiles = compiles;
    this.#settings = settings;
    this.#events = events;
  }

  /** Texts as editors have them, by path. */
  open(): ReadonlyMap<string, string> {
    return new Map([...this.#states.values()].map((s) => [s.file, s.document.getText()]));
  }

  changed(document: TextDocument): void {
    const file = fileOf(document.uri);
    const known = this.#states.get(document.uri);
    if (known?.document !== document)
      this.#states.set(document.uri, { document, file, wanted: 0, done: -1, took: 0 });
    this.fileChanged(file);
  }

  closed(document: TextDocument): void {
    const state = this.#states.get(document.uri);
    clearTimeout(state?.timer);
    clearTimeout(state?.costTimer);
    this.#states.delete(document.uri);
    if (state) this.fileChanged(state.file);
  }

  /** All that are read from a file are checked again; all documents where it says how. */
  fileChanged(file: string, isForAll = false): void {
    for (const state of this.#states.values()) {
      if (!isForAll && state.file !== file && !state.analysis?.files.includes(file)) continue;
      state.wanted++;
      clearTimeout(state.timer);
      state.timer = setTimeout(() => void this.#refresh(state), analysisDelay);
    }
  }

  #isOpen(state: State): boolean {
    return this.#states.get(state.document.uri) === state;
  }

  #refresh(state: State): Promise<void> {
    clearTimeout(state.timer);
    state.running ??= this.#analyse(state).finally(() => {
      state.running = undefined;
    });
    return state.running;
  }

  async #analyse(state: State): Promise<void> {
    const { document, file } = state;
    while (state.done !== state.wanted && this.#isOpen(state)) {
      const wanted = state.wanted;
      const text = document.getText();
      const { shapes } = this.#settings(file);
      const question = { file, open: this.open(), shapes };
      const begin = performance.now();
      const analysis = await this.#analyses.ask("analyse", question);
      state.took = performance.now() - begin;
      state.done = wanted;
      if (!analysis || !this.#isOpen(state)) continue;
      state.analysis = analysis;
      if (analysis.facts) state.known = { text, facts: analysis.facts };
      if (wanted === state.wanted) this.#events.analysed(document, file, analysis);
    }
    this.#compileSoon(state);
  }

  #compileSoon(state: State): void {
    clearTimeout(state.costTimer);
    const isGood = state.analysis?.diagnostics.every((d) => d.severity !== "error");
    if (isGood && this.#isOpen(state))
      state.costTimer = setTimeout(() => void this.#compile(state), costDelay);
  }

  async #compile(state: State): Promise<void> {
    const of = state.done;
    if (of !== state.wanted || state.costs?.of === of || state.isCompiling) return;
    state.isCompiling = true;
    const options = { ...this.#settings(state.file), open: this.open() };
    const compiled = await this.#compiles.ask("costs", { file: state.file, options });
    state.isCompiling = false;
    if (compiled?.costs) state.costs = { costs: compiled.costs, of };
    if (compiled && of === state.wanted) this.#addProblems(state, compiled.diagnostics);
    if (of !== state.done) this.#compileSoon(state);
  }

  /** What only a compile finds, as that the program does not fit the target. */
  #addProblems({ document, file, analysis }: State, more: readonly Diagnostic[]): void {
    if (!analysis || !this.#states.has(document.uri)) return;
    const key = ({ code, place }: Diagnostic) => `${code} ${place.line} ${place.column}`;
    const known = new Set(analysis.diagnostics.map(key));
    const added = more.filter((d) => !known.has(key(d)));
    const diagnostics = [...analysis.diagnostics, ...added];
    if (added.length > 0) this.#events.analysed(document, file, { ...analysis, diagnostics });
  }

  /** Waits for facts of the text as it is, but no longer than that: then those of an older one. */
  async view(uri: string, milliseconds = Infinity): Promise<View | undefined> {
    const state = this.#states.get(uri);
    if (!state) return undefined;
    if (state.done !== state.wanted) {
      const fresh = this.#refresh(state);
      // What took longer before will not be ready in time.
      const isInTime = state.known === undefined || state.took < 2 * milliseconds;
      const late = milliseconds < Infinity ? [wait(isInTime ? milliseconds : 0)] : [];
      await Promise.race([fresh, ...late]);
    }
    const { known, costs, wanted, document } = state;
    const shown = costs && { costs: costs.costs, isFresh: costs.of === wanted };
    return known && new View(document.getText(), known, shown);
  }

  /** Whether the text as it is can be read. */
  async isReadable(uri: string): Promise<boolean> {
    await this.view(uri);
    return this.#states.get(uri)?.analysis?.facts !== undefined;
  }

  stop(): void {
    for (const { timer, costTimer } of this.#states.values()) {
      clearTimeout(timer);
      clearTimeout(costTimer);
    }
    this.#states.clear();
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
