/**
 * Every message that a user can meet: one function a message, each with its own code.
 *
 * Codes: 1xxx command, options, files; 2xxx reading a model; 3xxx rewriting and quantising;
 * 4xxx kernels and memory; 5xxx emitting; 6xxx building, running and tools.
 */
import { distance } from "fastest-levenshtein";
import pc from "picocolors";

export type Severity = "error" | "warning";

/** Where a problem is: a position in a text file, or a node of an ONNX graph. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly node?: string | undefined;
}

export interface Diagnostic {
  readonly code: number;
  readonly severity: Severity;
  readonly place: Place;
  /** What is wrong: one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly help?: string | undefined;
}

/** Carries diagnostics out of a stage; `compile()` and the command turn it back into values. */
export class MoteError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(...diagnostics: Diagnostic[]) {
    super(diagnostics.map((d) => formatDiagnostic(d, false)).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The known name nearest to a misspelt one, if any is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}

const didYouMean = (name: string, known: Iterable<string>): string => {
  const near = nearest(name, known);
  return near === undefined ? "" : `Did you mean '${near}'?`;
};

const placeText = ({ file, line, column, node }: Place): string => {
  const position = line === undefined ? "" : `(${line},${column ?? 1})`;
  const where = `${file ?? ""}${position}`;
  return node === undefined ? where : `${where}${where && ": "}node '${node}'`;
};

/** tsc's form: `file(line,col): error MOTE1234: text`, then the help on its own line. */
export function formatDiagnostic(d: Diagnostic, colour: boolean): string {
  const paint = pc.createColors(colour);
  const tint = d.severity === "error" ? paint.red : paint.yellow;
  const where = placeText(d.place);
  const head = `${where && `${paint.cyan(where)}: `}${tint(d.severity)} ${paint.gray(`MOTE${d.code}`)}`;
  return `${head}: ${d.text}${d.help ? `\n  ${paint.bold("help")}: ${d.help}` : ""}`;
}

const error = (code: number, place: Place, text: string, help?: string): Diagnostic => ({
  code,
  severity: "error",
  place,
  text,
  help,
});

const warning = (code: number, place: Place, text: string, help?: string): Diagnostic => ({
  ...error(code, place, text, help),
  severity: "warning",
});

// ---- 1xxx: command, options, files ----

export const fileNotFound = (file: string): Diagnostic =>
  error(1001, { file }, "The file does not exist or cannot be read.", "Check the path.");

export const cannotWrite = (file: string, reason: string): Diagnostic =>
  error(1002, { file }, `Cannot write here: ${reason}.`, "Choose another folder with --outDir.");

// ---- 4xxx: targets, kernels, memory ----

export const unknownTarget = (name: string, known: readonly string[]): Diagnostic =>
  error(
    4001,
    {},
    `There is no target '${name}'.`,
    `${didYouMean(name, known)} Known targets: ${known.join(", ")}.`.trim(),
  );

export const badTargetFile = (file: string, line: number, column: number, problem: string) =>
  error(4002, { file, line, column }, `Not a valid target: ${problem}.`);

// ---- 6xxx: building, running, tools ----

export const toolMissing = (tool: string, purpose: string, install: string): Diagnostic =>
  error(6001, {}, `'${tool}' was not found; it is needed to ${purpose}.`, install);

