/** What commands share: options → compile options, and how diagnostics are printed. */
import { basename, extname } from "node:path";
import pc from "picocolors";
import type { CompileOptions } from "../compile.ts";
import * as say from "../diagnostics.ts";
import { type Diagnostic, formatDiagnostic, MoteError } from "../diagnostics.ts";
import type { Choice, LayerChoices } from "../ir/layers.ts";
import type { Optimize } from "../kernels/select.ts";
import type { Profile } from "../ops/numerics.ts";
import type { OptionValues } from "../options.ts";
import type { Stage } from "../steps.ts";
import { readTuning } from "./tuning.ts";

/**
 * What to compile: files of the command line, or of mote.json, whose options the line's override.
 */
export interface Job {
  readonly files: readonly string[];
  readonly values: OptionValues;
  readonly config?: string;
  /** Takes the path of every file that a model is read from. */
  readonly onRead?: (file: string) => void;
}

/** Where a command's words go; tests put their own. */
export interface Console {
  out(text: string): void;
  error(text: string): void;
  readonly colour: boolean;
  /** Width of the terminal, where there is one. */
  readonly columns?: number | undefined;
}

export const terminal = (pretty: unknown): Console => ({
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  colour:
    pretty === undefined ? pc.isColorSupported && process.stderr.isTTY === true : pretty === "true",
  columns: process.stdout.columns,
});

export function printDiagnostics(console: Console, diagnostics: readonly Diagnostic[]): void {
  for (const d of diagnostics) console.error(formatDiagnostic(d, console.colour));
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === "error");

/** `input=1,3,96,96` as [name, sizes]. */
function shapeOption(text: string): [string, number[]] {
  const at = text.lastIndexOf("=");
  const sizes = text
    .slice(at + 1)
    .split(",")
    .map(Number);
  const fits = at > 0 && sizes.every((d) => Number.isInteger(d) && d > 0);
  if (!fits) throw new MoteError(say.badShapeOption(text));
  return [text.slice(0, at), sizes];
}

/** `layer=value`; layers' names may have equals signs. */
const layerOption =
  (bad: (text: string) => Diagnostic) =>
  (text: string): Choice => {
    const at = text.lastIndexOf("=");
    if (at <= 0 || at === text.length - 1) throw new MoteError(bad(text));
    return { layers: [text.slice(0, at)], value: text.slice(at + 1) };
  };

/** What is chosen for layers. */
function layerChoices(values: OptionValues): Partial<LayerChoices> {
  const list = (name: string) => values[name] as readonly string[] | undefined;
  const [kernels, float, pools] = ["kernel", "float", "pool"].map(list);
  return {
    ...(kernels && { kernels: kernels.map(layerOption(say.badKernelOption)) }),
    ...(pools && { pools: pools.map(layerOption(say.badPoolOption)) }),
    ...(float && { float: new Set(float) }),
  };
}

/** `memory=section`. */
function sectionOption(text: string): [string, string] {
  const [, memory, section] = /^([^=]+)=([\w.$,-]+)$/.exec(text) ?? [];
  if (!memory || !section) throw new MoteError(say.badSectionOption(text));
  return [memory, section];
}

const textOf = (values: OptionValues, name: string): string | undefined =>
  values[name] as string | undefined;

/** Options of the compiler; absent ones are left to it. */
export function compileOptions(values: OptionValues): CompileOptions {
  const given = {
    target: textOf(values, "target"),
    profile: textOf(values, "profile") as Profile | undefined,
    quantize: textOf(values, "quantize") as "int8" | undefined,
    calib: textOf(values, "calib"),
    ioLayout: textOf(values, "ioLayout") as "nchw" | "nhwc" | undefined,
    name: textOf(values, "name"),
    optimize: textOf(values, "optimize") as Optimize | undefined,
    maxSram: values.maxSram as number | undefined,
    maxFlash: values.maxFlash as number | undefined,
    dump: values.dump as readonly Stage[] | undefined,
    stopAfter: textOf(values, "stopAfter") as Stage | undefined,
    pareto: values.pareto === true ? true : undefined,
    rowInput: values.rowInput === true ? true : undefined,
    floatIo: values.floatIo === true ? true : undefined,
  };
  const shapes = (values.shape as readonly string[] | undefined)?.map(shapeOption);
  const choices = layerChoices(values);
  const sections = (values.section as readonly string[] | undefined)?.map(sectionOption);
  const set = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  const tuning = textOf(values, "tuning");
  return {
    ...set,
    ...(shapes && { shapes: new Map(shapes) }),
    ...(sections && { sections: new Map(sections) }),
    ...(Object.keys(choices).length > 0 && { choices }),
    ...(tuning && { tuning: readTuning(tuning, given.target ?? "cortex-m4") }),
  };
}

export const stem = (file: string): string => basename(file, extname(file));

/** Whole numbers with separators, as people read them. */
export const grouped = (n: number): string => n.toLocaleString("en-US");
