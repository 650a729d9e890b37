/** 21xx: what a model in mote's own language says wrongly. */
import { basename } from "node:path";
import {
  type Diagnostic,
  didYouMean,
  error,
  type Label,
  type Place,
  warning,
} from "./diagnostic.ts";

/** What may come with any of them: both sides, and the calls that led there. */
export interface Context {
  readonly labels?: readonly Label[];
  readonly notes?: readonly string[];
}

export const unknownName = (place: Place, name: string, known: Iterable<string>): Diagnostic =>
  error(
    2102,
    place,
    `There is no '${name}' here.`,
    didYouMean(name, known) || "Bind it with 'let', or import it.",
  );

export const unknownMember = (
  place: Place,
  of: string,
  name: string,
  known: Iterable<string>,
): Diagnostic =>
  error(2103, place, `${of} has no '${name}'.`, didYouMean(name, known) || undefined);

export const unknownArgument = (
  place: Place,
  callee: string,
  name: string,
  known: readonly string[],
): Diagnostic =>
  error(
    2104,
    place,
    `'${callee}' has no argument '${name}'.`,
    didYouMean(name, known) || `It takes ${known.join(", ")}.`,
  );

export const badArguments = (place: Place, callee: string, problem: string, help?: string) =>
  error(2105, place, `'${callee}' ${problem}.`, help);

/** A value of another kind than what stands there takes. */
export const wrongKind = (place: Place, wanted: string, found: string, help?: string): Diagnostic =>
  error(2106, place, `Expected ${wanted}, but this is ${found}.`, help);

const problemMax = 500;
const clipped = (text: string): string =>
  text.length > problemMax ? `${text.slice(0, problemMax)} …` : text;

/** Shapes or types that an operator does not take. */
export const layerProblem = (
  place: Place,
  operator: string,
  problem: string,
  context: Context,
) => ({
  ...error(2107, place, `'${operator}': ${clipped(problem)}.`),
  ...context,
});

export const badNumber = (place: Place, problem: string, help?: string): Diagnostic =>
  error(2108, place, `${problem}.`, help);

export const redeclared = (place: Place, name: string, line: number): Diagnostic =>
  error(2109, place, `'${name}' is there already, from line ${line}.`, "Choose another name.");

export const notAssignable = (place: Place, name: string, why: string, help: string): Diagnostic =>
  error(2110, place, `'${name}' ${why}.`, help);

export const notBound = (place: Place, name: string): Diagnostic =>
  notAssignable(place, name, "is not bound", `Write let ${name} = … for a new name.`);

export const outputMissing = (place: Place, name: string): Diagnostic =>
  error(
    2111,
    place,
    `The output '${name}' is never given a value.`,
    `Write ${name} = … in the model.`,
  );

export const modelCount = (place: Place, count: number): Diagnostic =>
  error(
    2112,
    place,
    count === 0
      ? "The file has no model."
      : `The file has ${count} models; one is compiled at a time.`,
    count === 0 ? "Write model name(x: float[…]) -> y { … }." : "Put each into a file of its own.",
  );

/** @param first where the model's first error is. */
export const brokenModel = (place: Place, name: string, first: Place | undefined): Diagnostic => ({
  ...error(
    2139,
    place,
    first?.file
      ? `The model '${name}' has errors, the first in line ${first.line} of "${basename(first.file)}".`
      : `The model '${name}' has errors.`,
  ),
  // The line is shown with the error itself.
  ...(first && {
    labels: [
      { place, text: "" },
      { place: { ...first, excerpt: undefined }, text: "the first error" },
    ],
  }),
});

export const assertionFailed = (place: Place, problem: string, context: Context): Diagnostic => ({
  ...error(2113, place, problem),
  ...context,
});

/** What would run too long, or without end. */
export const tooMuch = (place: Place, problem: string, help?: string): Diagnostic =>
  error(2114, place, `${problem}.`, help);

export const badPath = (place: Place, path: string, problem: string, help?: string): Diagnostic =>
  error(2115, place, `"${path}" ${problem}.`, help);

export const notYet = (place: Place, feature: string, help: string): Diagnostic =>
  error(2116, place, `mote does not have ${feature} yet.`, help);

export const unusedBinding = (place: Place, kind: string, name: string): Diagnostic =>
  warning(2117, place, `The ${kind} '${name}' is never used.`, "Remove it, or call it _ .");

/** A state of a name that another has. */
export const takenState = (place: Place, name: string, line: number): Diagnostic =>
  error(
    2137,
    place,
    `The state '${name}' is declared in line ${line} already.`,
    "Give each a name of its own with 'as'; in a loop write as \"name.{i}\".",
  );

export const unchangedState = (place: Place, name: string): Diagnostic =>
  warning(
    2138,
    place,
    `The state '${name}' never changes.`,
    `Write ${name} = … for what the next run reads, or bind it with 'let'.`,
  );

export const badWeightsStatement = (place: Place, problem: string, help?: string): Diagnostic =>
  error(2118, place, `${problem}.`, help);

/** A parameter that the weights file lacks, or has in another shape. */
export const badParameter = (
  place: Place,
  problem: string,
  context: Context,
  help?: string,
): Diagnostic => ({ ...error(2119, place, `${problem}.`, help), ...context });

export const unusedWeights = (
  place: Place,
  names: readonly string[],
  shown: number,
): Diagnostic => {
  const rest = names.length - shown;
  const list = names.slice(0, shown).join(", ");
  return warning(
    2130,
    place,
    `${names.length} of the file's tensors are never used: ${list}${rest > 0 ? ` and ${rest} more` : ""}.`,
  );
};

export const takenName = (place: Place, name: string, line: number): Diagnostic =>
  error(
    2131,
    place,
    `The parameter '${name}' belongs to the layer in line ${line} already.`,
    "Give each layer a name of its own with 'as'; in a loop write as \"name.{i}\".",
  );

export const emptyOperation = (place: Place, what: string): Diagnostic =>
  error(
    2132,
    place,
    `There is no operation here that ${what} could belong to.`,
    "Put it behind a call.",
  );

export const noWeights = (place: Place, path: string): Diagnostic =>
  error(
    2134,
    place,
    `The layer has the parameter '${path}', but the model has no weights.`,
    'Write weights "file.safetensors", or weights random(seed: 1), at the begin of the model.',
  );

/** @param text without a full stop. */
export const syntaxError = (place: Place, text: string, help?: string): Diagnostic =>
  error(2101, place, `${text}.`, help);

export const notUtf8 = (file: string): Diagnostic =>
  error(2133, { file }, "The file is no text in UTF-8.", "Save it again in this encoding.");

export const notText = (file: string, bytes: number): Diagnostic =>
  error(
    2135,
    { file },
    `The file has ${bytes} bytes, too many for a model's text.`,
    "Put weights into a weights file.",
  );

export const noFile = (): Diagnostic =>
  error(2136, {}, "No file was given.", "Say which: mote fmt MODEL.mote, or - for standard input.");

export const badModelFile = (file: string): Diagnostic =>
  error(1021, { file }, "A model of the language is a .mote file.", "Write --emitModel NET.mote.");
