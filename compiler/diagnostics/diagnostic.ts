/** What a message is, and how it is printed. */
import { distance } from "fastest-levenshtein";
import pc from "picocolors";
import { excerptOf } from "./excerpt.ts";

export type Severity = "error" | "warning";

/** Where a problem is: a position in a text file, or a node of an ONNX graph. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly endLine?: number | undefined;
  readonly endColumn?: number | undefined;
  /** The text of the line. */
  readonly excerpt?: string | undefined;
  readonly node?: string | undefined;
}

/** What there is to say of another place. */
export interface Label {
  readonly place: Place;
  readonly text: string;
}

export interface Diagnostic {
  readonly code: number;
  readonly severity: Severity;
  readonly place: Place;
  /** What is wrong: one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly help?: string | undefined;
  /** Both sides of a conflict, and where they come from. */
  readonly labels?: readonly Label[];
  /** How the place was reached. */
  readonly notes?: readonly string[];
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
  let bestDistance = (name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const unlike = candidate.length === name.length ? 0 : 0.5;
    const d = distance(name.toLowerCase(), candidate.toLowerCase()) + unlike;
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
    if (bestDistance <= 1) break;
  }
  return best;
}

export const didYouMean = (name: string, known: Iterable<string>): string => {
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
  const lines = [
    `${head}: ${d.text}`,
    ...excerptOf(d.place, d.labels ?? []),
    ...(d.notes ?? []).map((note) => `  ${note}`),
    ...(d.help ? [`  ${paint.bold("help")}: ${d.help}`] : []),
  ];
  return lines.join("\n");
}

export const error = (code: number, place: Place, text: string, help?: string): Diagnostic => ({
  code,
  severity: "error",
  place,
  text,
  help,
});

export const warning = (code: number, place: Place, text: string, help?: string): Diagnostic => ({
  ...error(code, place, text, help),
  severity: "warning",
});
