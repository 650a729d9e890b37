/** ONE table of options: it feeds the command line, mote.json, its JSON schema and --help. */
import { stages } from "./steps.ts";

export type CommandName = "compile" | "run" | "bench" | "tune" | "doctor" | "fmt";

export type OptionKind =
  | { readonly kind: "flag" }
  | { readonly kind: "text"; readonly placeholder: string }
  | { readonly kind: "number"; readonly placeholder: string }
  /** A whole number of bytes, with K or M for units of 1024 or their square. */
  | { readonly kind: "bytes"; readonly placeholder: string }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  /** Comma-separated, each one of the values where there are any. */
  | { readonly kind: "list"; readonly placeholder: string; readonly values?: readonly string[] }
  /** May be given several times. */
  | { readonly kind: "repeat"; readonly placeholder: string };

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  readonly value: OptionKind;
  readonly description: string;
  readonly commands: readonly CommandName[];
  /** Whether mote.json may set it. */
  readonly inConfig?: boolean;
}

const flag: OptionKind = { kind: "flag" };
const text = (placeholder: string): OptionKind => ({ kind: "text", placeholder });
const bytes: OptionKind = { kind: "bytes", placeholder: "BYTES" };
const choice = (...values: string[]): OptionKind => ({ kind: "choice", values });
const building: readonly CommandName[] = ["compile", "run", "bench", "tune"];
const everywhere: readonly CommandName[] = [...building, "doctor", "fmt"];
const compiling: readonly CommandName[] = ["compile", "run"];

export const options: readonly OptionSpec[] = [
  {
    name: "target",
    short: "t",
    value: text("NAME"),
    description: "what to compile for: a target of mote's, or a target.json (default: cortex-m4)",
    commands: [...compiling, "tune"],
    inConfig: true,
  },
  {
    name: "outDir",
    value: text("DIR"),
    description: "where the C files go (default: out)",
    commands: compiling,
    inConfig: true,
  },
  {
    name: "name",
    value: text("NAME"),
    description: "prefix of files and symbols (default: the model file's stem)",
    commands: compiling,
    inConfig: true,
  },
  {
    name: "quantize",
    value: choice("int8"),
    description: "make a float network int8; needs --calib",
    commands: building,
    inConfig: true,
  },
  {
    name: "calib",
    value: text("FILE"),
    description: "sample inputs, .npy or .npz, that a float network is quantised by",
    commands: building,
    inConfig: true,
  },
  {
    name: "profile",
    value: choice("fast", "tflite"),
    description:
      "integer rounding: one multiply (fast), or TensorFlow Lite's to the bit (default: fast)",
    commands: building,
    inConfig: true,
  },
  {
    name: "ioLayout",
    value: choice("nchw", "nhwc"),
    description: "order of images at the C boundary: the model's own, or NHWC as cameras deliver",
    commands: building,
    inConfig: true,
  },
  {
    name: "rowInput",
    value: flag,
    description:
      "the application delivers images row by row (NHWC) to NAME_run_rows: they need no memory",
    commands: building,
    inConfig: true,
  },
  {
    name: "floatIo",
    value: flag,
    description: "keep float inputs and outputs where a network quantises them itself",
    commands: building,
    inConfig: true,
  },
  {
    name: "shape",
    value: { kind: "repeat", placeholder: "INPUT=1,3,96,96" },
    description: "the shape of an input or of a layer's result that the model leaves open",
    commands: building,
    inConfig: true,
  },
  {
    name: "optimize",
    value: choice("balanced", "speed", "size", "sram"),
    description:
      "least SRAM at 2% of time at the most (balanced), least time, least flash, or least SRAM " +
      "(default: balanced)",
    commands: building,
    inConfig: true,
  },
  {
    name: "maxSram",
    value: bytes,
    description: "bytes that the arena may take at the most, such as 32768 or 32K",
    commands: building,
    inConfig: true,
  },
  {
    name: "maxFlash",
    value: bytes,
    description: "bytes that weights, tables and code may take at the most, such as 256K",
    commands: building,
    inConfig: true,
  },
  {
    name: "section",
    value: { kind: "repeat", placeholder: "MEMORY=SECTION" },
    description:
      "the linker section of what lies in a memory of the target: of a pool by its name, or of " +
      "arena or weights",
    commands: compiling,
    inConfig: true,
  },
  {
    name: "pareto",
    value: flag,
    description: "print the programs between the fastest and the smallest",
    commands: ["compile"],
  },
  {
    name: "float",
    value: { kind: "repeat", placeholder: "LAYER" },
    description: "a layer, or a block of layers, that stays float in a network that is quantised",
    commands: building,
    inConfig: true,
  },
  {
    name: "pool",
    value: { kind: "repeat", placeholder: "LAYER=MEMORY" },
    description: "the memory of the target for what a layer, or a block of layers, makes",
    commands: building,
    inConfig: true,
  },
  {
    name: "kernel",
    value: { kind: "repeat", placeholder: "LAYER=KERNEL" },
    description: "the kernel for a layer, by the names that --explain kernels shows",
    commands: compiling,
    inConfig: true,
  },
  {
    name: "tuning",
    value: text("FILE"),
    description: "measured costs of kernels, which mote tune writes (there: mote.tuning.json)",
    commands: building,
    inConfig: true,
  },
  {
    name: "input",
    value: { kind: "repeat", placeholder: "[NAME=]FILE" },
    description:
      "data for an input: .npy, .npz, or raw .f32, .i8, .u8 (default: a fixed pattern); a " +
      "network with states runs as often as there is data for",
    commands: ["run"],
  },
  {
    name: "labels",
    value: text("FILE"),
    description: "names of the classes, one a line, for showing the answer",
    commands: ["run"],
  },
  {
    name: "compare",
    value: flag,
    description:
      "check every layer on the device against the reference; name the first that differs",
    commands: ["run"],
  },
  {
    name: "timeout",
    value: { kind: "number", placeholder: "SECONDS" },
    description: "longest time for one run of the program (default: 300)",
    commands: ["run", "bench"],
  },
  {
    name: "targets",
    value: { kind: "list", placeholder: "A,B" },
    description: "targets to measure (default: all that QEMU runs)",
    commands: ["bench"],
  },
  {
    name: "noEmit",
    value: flag,
    description: "check only, write nothing",
    commands: ["compile"],
    inConfig: true,
  },
  {
    name: "emitMemoryMap",
    value: flag,
    description: "write NAME.memory.svg beside the C files: what lies where in the arena, and when",
    commands: ["compile"],
    inConfig: true,
  },
  {
    name: "emitModel",
    value: text("FILE.mote"),
    description: "write the network in the model language, its weights beside it, and no program",
    commands: ["compile"],
  },
  {
    name: "dump",
    value: { kind: "list", placeholder: "STAGE", values: stages.slice(0, -1) },
    description: `print the graph after a stage: ${stages.slice(0, -1).join(", ")}`,
    commands: ["compile"],
  },
  {
    name: "stopAfter",
    value: choice(...stages),
    description: "end after a stage, writing no program",
    commands: ["compile"],
  },
  {
    name: "explain",
    value: { kind: "list", placeholder: "WHAT", values: ["kernels", "memory"] },
    description:
      "print kernels: each layer's candidates, their predicted costs and the choice; or memory: " +
      "a map of the arena and what is in it at the peak",
    commands: ["compile"],
  },
  {
    name: "check",
    value: flag,
    description: "write nothing; name the files that are not formatted, and fail if there are any",
    commands: ["fmt"],
  },
  {
    name: "json",
    value: flag,
    description: "print one JSON object (bench: an array) instead of text",
    commands: ["compile", "run", "bench", "tune", "doctor"],
  },
  {
    name: "project",
    short: "p",
    value: text("FILE"),
    description: "compile what a mote.json (or the folder with one) says",
    commands: ["compile"],
  },
  {
    name: "init",
    value: flag,
    description: "write a mote.json for the models in this folder",
    commands: ["compile"],
  },
  {
    name: "watch",
    short: "w",
    value: flag,
    description: "compile again whenever a file changes",
    commands: ["compile"],
  },
  {
    name: "lsp",
    value: flag,
    description: "serve editors of .mote files: the language server on standard input and output",
    commands: ["compile"],
  },
  {
    name: "diagnostics",
    value: flag,
    description: "print how long each stage took",
    commands: ["compile"],
  },
  {
    name: "pretty",
    value: choice("true", "false"),
    description: "colours in messages (default: where the terminal has them)",
    commands: everywhere,
  },
  {
    name: "version",
    short: "v",
    value: flag,
    description: "print mote's version",
    commands: ["compile"],
  },
  {
    name: "help",
    short: "h",
    value: flag,
    description: "print this help",
    commands: everywhere,
  },
];

export const optionsOf = (command: CommandName): OptionSpec[] =>
  options.filter((o) => o.commands.includes(command));

/** What a parsed command line or mote.json gives for an option. */
export type OptionValue = string | number | boolean | readonly string[];
export type OptionValues = Readonly<Record<string, OptionValue>>;

function valueSchema(value: OptionKind): object {
  switch (value.kind) {
    case "flag":
      return { type: "boolean" };
    case "number":
      return { type: "number" };
    case "bytes":
      return { type: "integer", minimum: 1, maximum: 2 ** 32 };
    case "choice":
      return { enum: value.values };
    case "text":
      return { type: "string" };
    default:
      return { type: "array", items: { type: "string" } };
  }
}

/** The JSON schema of mote.json. */
export const configSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "mote.json",
  type: "object",
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    files: {
      description: "models to compile, relative to this file",
      type: "array",
      items: { type: "string" },
      minItems: 1,
    },
    compilerOptions: {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(
        options
          .filter((o) => o.inConfig)
          .map((o) => [o.name, { description: o.description, ...valueSchema(o.value) }]),
      ),
    },
  },
  required: ["files"],
};
