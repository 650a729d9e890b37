/**
 * Every message that a user can meet: one function a message, each with its own code.
 *
 * Codes: 1xxx command, options, files; 2xxx reading a model; 3xxx rewriting and quantising;
 * 4xxx kernels and memory; 5xxx emitting; 6xxx building, running and tools.
 */
import {
  type Diagnostic,
  didYouMean,
  error,
  type Place,
  warning,
} from "./diagnostics/diagnostic.ts";
import { type TensorType, typeText } from "./ir/types.ts";

export * from "./diagnostics/diagnostic.ts";
export * from "./diagnostics/language.ts";
export * from "./diagnostics/memory.ts";
export * from "./diagnostics/weights.ts";

// ---- 1xxx: command, options, files ----

export const fileNotFound = (file: string): Diagnostic =>
  error(1001, { file }, "The file does not exist or cannot be read.", "Check the path.");

export const cannotWrite = (file: string, reason: string): Diagnostic =>
  error(1002, { file }, `Cannot write here: ${reason}.`, "Choose another folder with --outDir.");

export const unknownOption = (name: string, known: readonly string[]): Diagnostic =>
  error(1003, {}, `There is no option '${name}'.`, didYouMean(name, known) || "See mote --help.");

export const missingOptionValue = (name: string): Diagnostic =>
  error(1004, {}, `The option '${name}' needs a value.`, "See mote --help.");

export const badOptionValue = (
  name: string,
  given: string,
  values: readonly string[],
): Diagnostic =>
  error(
    1005,
    {},
    `'${given}' is no value for --${name}.`,
    `${didYouMean(given, values)} It takes ${values.join(", ")}.`.trim(),
  );

export const badConfig = (
  file: string,
  line: number,
  column: number,
  problem: string,
  known: readonly string[],
): Diagnostic => {
  const key = /^unknown key '(.*)'$/.exec(problem)?.[1];
  const near = key === undefined ? "" : didYouMean(key, known);
  return error(
    1006,
    { file, line, column },
    `Not a valid mote.json: ${problem}.`,
    near || undefined,
  );
};

export const noModel = (command: string): Diagnostic =>
  error(1007, {}, "No model was given.", `Say which: mote ${command}MODEL.onnx`);

export const tooManyModels = (count: number, what = "'mote run' runs"): Diagnostic =>
  error(1008, {}, `${what} one model, but ${count} were given.`);

export const projectWithFiles = (): Diagnostic =>
  error(1009, {}, "--project and model files cannot be given together.", "Give one of them.");

export const configExists = (file: string): Diagnostic =>
  error(1010, { file }, "The file is already there.", "Edit it, or remove it first.");

export const badShapeOption = (text: string): Diagnostic =>
  error(1011, {}, `'${text}' is no shape.`, "Write --shape input=1,3,96,96, all sizes positive.");

export const sameName = (name: string, files: readonly string[]): Diagnostic =>
  error(
    1012,
    {},
    `${files.join(" and ")} would both become '${name}'.`,
    "Compile them one by one with --name.",
  );

export const unknownInput = (name: string, known: readonly string[]): Diagnostic =>
  error(
    1013,
    {},
    `The model has no input '${name}'.`,
    `${didYouMean(name, known)} Inputs: ${known.join(", ")}.`.trim(),
  );

/** Inputs of a network with states and how many runs there is data for. */
export const runCounts = (...inputs: readonly [name: string, runs: number][]): Diagnostic =>
  error(
    1022,
    {},
    `The inputs have data for different numbers of runs: ${inputs.map(([n, k]) => `'${n}' ${k}`).join(", ")}.`,
    "Give each input the same length along its first axis.",
  );

export const inputCount = (given: number, wanted: readonly string[]): Diagnostic =>
  error(
    1014,
    {},
    `${given} inputs were given, but the model has ${wanted.length}: ${wanted.join(", ")}.`,
    "Give --input once for each, or not at all for a fixed pattern.",
  );

export const inputMismatch = (file: string, input: string, given: string, wanted: string) =>
  error(1015, { file }, `The input '${input}' takes ${wanted}, but the file holds ${given}.`);

export const unknownDataFile = (file: string): Diagnostic =>
  error(
    1016,
    { file },
    "Unknown kind of data file.",
    "Use .npy, .npz, or raw numbers: .f32, .i8, .u8.",
  );

export const badTuningFile = (file: string): Diagnostic =>
  error(1017, { file }, "The file is none that 'mote tune' wrote.", "Remove it and tune again.");

export const oldTuningFile = (file: string, theirs: string, ours: string): Diagnostic =>
  error(
    1018,
    { file },
    `The file was measured with mote ${theirs}, and this is mote ${ours}.`,
    "Remove it and tune again.",
  );

export const cannotTune = (target: string): Diagnostic =>
  error(1019, {}, `Instructions cannot be counted on '${target}'.`, "Choose a target of QEMU's.");

export const badKernelOption = (text: string): Diagnostic =>
  error(1020, {}, `'${text}' names no layer and kernel.`, "Write --kernel LAYER=KERNEL.");

export const noInstances = (folder: string, problem: string): Diagnostic =>
  error(1080, { file: folder }, `${problem}.`, "Give a folder of NAME.CAPACITY.csv files.");

export const badInstanceName = (file: string, capacityMax: number): Diagnostic =>
  error(
    1081,
    { file },
    `The file's name gives no capacity of 1 to ${capacityMax} bytes.`,
    "Name it NAME.CAPACITY.csv.",
  );

export const badInstanceLine = (file: string, line: number, problem: string): Diagnostic =>
  error(1082, { file, line }, `Not a buffer to be placed: ${problem}.`);

export const oneFolder = (given: number): Diagnostic =>
  error(
    1083,
    {},
    `One folder is to be given, not ${given}.`,
    "npm run bench:placement -- DIR [--json]",
  );

export const internalFault = (what: string): Diagnostic =>
  error(
    1090,
    {},
    `A fault of mote itself: ${what}.`,
    "Report it, with the model; with MOTE_DEBUG=1 it shows where it happened.",
  );

// ---- 2xxx: reading a model ----

export const notOnnx = (file: string, reason: string): Diagnostic =>
  error(2001, { file }, `Not an ONNX model: ${reason}.`, "Export the model again.");

export const unsupportedOpset = (file: string, opset: number, oldest: number): Diagnostic =>
  error(
    2002,
    { file },
    `The model uses opset ${opset}; mote reads opset ${oldest} and newer.`,
    "Export it again with a newer opset.",
  );

export const newerOpset = (file: string, opset: number, newest: number): Diagnostic =>
  warning(2003, { file }, `Opset ${opset} is newer than the newest that mote knows, ${newest}.`);

export const unsupportedOperator = (
  place: Place,
  op: string,
  domain: string,
  known: readonly string[],
): Diagnostic =>
  error(
    2004,
    place,
    `The operator '${domain ? `${domain}.` : ""}${op}' is not supported.`,
    `${didYouMean(op, known)} Replace it in the model, or cut the model before it.`.trim(),
  );

export const operatorProblem = (place: Place, op: string, problem: string): Diagnostic =>
  error(2005, place, `${op}: ${problem}.`);

export const declaredStands = (place: Place, op: string, input: string, shape: readonly number[]) =>
  warning(
    2019,
    place,
    `${op}: '${input}' is computed at run time; the declared shape [${shape.join(", ")}] stands for it.`,
  );

export const computedInSingle = (place: Place, layers: number): Diagnostic =>
  warning(
    2020,
    place,
    `${layers === 1 ? "This layer is" : `This layer and ${layers - 1} more are`} of float64; mote computes in float32.`,
  );

export const undefinedValue = (place: Place, name: string, known: Iterable<string>): Diagnostic =>
  error(
    2006,
    place,
    `The value '${name}' is read, but nothing makes it: no node, input or initialiser.`,
    didYouMean(name, known) || "Export the model again with its initialisers.",
  );

export const duplicateValue = (place: Place, name: string): Diagnostic =>
  error(2007, place, `The value '${name}' is made twice.`);

export const cyclicGraph = (file: string, nodes: readonly string[]): Diagnostic =>
  error(2008, { file }, `The graph has a cycle through ${nodes.map((n) => `'${n}'`).join(", ")}.`);

export const emptyGraph = (file: string, what: string): Diagnostic =>
  error(2009, { file }, `The graph has no ${what}; there is nothing to compile.`);

export const openDimension = (file: string, input: string, dims: readonly string[]): Diagnostic =>
  error(
    2010,
    { file },
    `The input '${input}' has the shape [${dims.join(", ")}], which is not fixed.`,
    `Give it: --shape ${input}=${dims.map((d) => (/^\d+$/.test(d) ? d : "N")).join(",")}`,
  );

export const badTensor = (file: string, name: string, problem: string): Diagnostic =>
  error(2011, { file }, `The tensor '${name}' ${problem}.`);

export const unsupportedType = (file: string, name: string, type: string): Diagnostic =>
  error(2012, { file }, `'${name}' has the type ${type}, which mote does not support.`);

export const tooLarge = (place: Place, name: string, bytes: number): Diagnostic =>
  error(
    2013,
    place,
    `'${name}' would take ${bytes} bytes; no tensor may take more than 2147483647.`,
  );

export const outputMismatch = (
  file: string,
  name: string,
  declared: string,
  inferred: string,
): Diagnostic =>
  error(
    2014,
    { file },
    `The output '${name}' is declared as ${declared}, but the graph makes ${inferred}.`,
  );

export const unknownAttribute = (
  place: Place,
  op: string,
  name: string,
  known: readonly string[],
): Diagnostic =>
  warning(
    2015,
    place,
    `${op} has no attribute '${name}'; it is ignored.`,
    didYouMean(name, known) || undefined,
  );

export const unknownShape = (name: string, inputs: readonly string[]): Diagnostic =>
  error(
    2016,
    {},
    `--shape names '${name}', which is no input of the model and no layer's result.`,
    `${didYouMean(name, inputs)} Inputs: ${inputs.join(", ")}.`.trim(),
  );

export const unknownFormat = (file: string): Diagnostic =>
  error(2017, { file }, "Unknown kind of model file.", "Give an .onnx or .mote file, or a .graph.");

export const shapeRank = (input: string, given: number, dims: readonly string[]): Diagnostic =>
  error(
    2018,
    {},
    `--shape gives ${given} sizes for '${input}', whose shape is [${dims.join(", ")}].`,
    `Give ${dims.length}: --shape ${input}=${dims.map((d) => (/^\d+$/.test(d) ? d : "N")).join(",")}`,
  );

// ---- 3xxx: quantising ----

export const calibrationMissing = (file: string): Diagnostic =>
  error(
    3001,
    { file },
    "A float network becomes int8 by sample inputs, and none were given.",
    "Give some: --calib samples.npy (or .npz), an array of shape [samples, …input].",
  );

export const badDataFile = (file: string, problem: string): Diagnostic =>
  error(3002, { file }, `The file ${problem}.`, "Save it again with numpy.save or numpy.savez.");

export const calibrationShape = (
  file: string,
  input: string,
  given: readonly number[],
  wanted: readonly number[],
): Diagnostic =>
  error(
    3003,
    { file },
    `The samples have the shape [${given.join(", ")}], but the input '${input}' takes ` +
      `[${wanted.join(", ")}].`,
    `Give an array of shape [samples, ${wanted.join(", ")}].`,
  );

export const calibrationInput = (
  file: string,
  input: string,
  known: readonly string[],
): Diagnostic =>
  error(
    3004,
    { file },
    `The file has no array for the input '${input}'; it has ${known.map((k) => `'${k}'`).join(", ")}.`,
    didYouMean(input, known) || "Name the arrays after the model's inputs.",
  );

export const calibrationCounts = (file: string): Diagnostic =>
  error(3005, { file }, "The inputs have different numbers of samples.");

export const accumulatorOverflow = (place: Place, problem: string): Diagnostic =>
  error(
    3006,
    place,
    `The layer's 32-bit sums can overflow: ${problem}.`,
    "Split the layer, or quantise it again with smaller weights or bias.",
  );

export const calibrationUnused = (file: string): Diagnostic =>
  warning(3007, { file }, "The network is quantised already; --calib is not used.");

export const staysFloat = (place: Place, op: string): Diagnostic =>
  warning(
    3008,
    place,
    `${op} stays in float, since it has no integer form here or its result is not quantised.`,
  );

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

export const noKernel = (
  place: Place,
  op: string,
  inputs: readonly (TensorType | undefined)[],
  output: TensorType,
): Diagnostic => {
  const types = inputs.map((t) => (t ? typeText(t) : "nothing")).join(", ");
  return error(
    4010,
    place,
    `No kernel runs ${op} on (${types}) with the result ${typeText(output)}.`,
    "Replace the operator in the model, or give it operands that are known while compiling.",
  );
};

export const unknownLayer = (file: string, layer: string, known: readonly string[]): Diagnostic =>
  error(
    4011,
    { file },
    `The model has no layer '${layer}' that a kernel runs.`,
    didYouMean(layer, known) || "See mote MODEL --explain kernels.",
  );

export const unknownKernel = (place: Place, kernel: string, known: readonly string[]): Diagnostic =>
  error(
    4012,
    place,
    `There is no kernel '${kernel}'.`,
    didYouMean(kernel, known) || "See mote MODEL --explain kernels.",
  );

export const kernelNeedsFeature = (
  place: Place,
  kernel: string,
  missing: readonly string[],
): Diagnostic =>
  error(
    4013,
    place,
    `The kernel '${kernel}' needs what the target lacks: ${missing.join(", ")}.`,
    "Choose another target, or another kernel: see mote MODEL --explain kernels.",
  );

export const kernelDoesNotServe = (
  place: Place,
  kernel: string,
  candidates: readonly string[],
): Diagnostic =>
  error(
    4014,
    place,
    `The kernel '${kernel}' does not serve this layer.`,
    `These do: ${candidates.join(", ")}.`,
  );

// ---- 6xxx: building, running, tools ----

export const toolMissing = (tool: string, purpose: string, install: string): Diagnostic =>
  error(6001, {}, `'${tool}' was not found; it is needed to ${purpose}.`, install);

export const buildFailed = (compiler: string, target: string, said: string): Diagnostic =>
  error(
    6002,
    {},
    `${compiler} could not build the program for ${target}:\n${lastLines(said)}`,
    "If the emitted C is unchanged, this is a fault of mote: please report it.",
  );

export const guestFault = (target: string, what: string, registers: string): Diagnostic =>
  error(6003, {}, `The program faulted on ${target}: ${what}.\n${registers}`);

export const guestTimeout = (target: string, seconds: number): Diagnostic =>
  error(
    6004,
    {},
    `The program did not end on ${target} within ${seconds} s and was stopped.`,
    "Give a larger network more time, or fewer samples.",
  );

export const programFailed = (target: string, how: string, said: string): Diagnostic =>
  error(6005, {}, `The program failed on ${target}: ${how}.\n${lastLines(said)}`.trimEnd());

export const cannotCount = (reason: string): Diagnostic =>
  warning(
    6006,
    {},
    `Instructions cannot be counted: ${reason}`,
    "It needs a C compiler for this computer and a QEMU with TCG plugins.",
  );

export const doesNotFit = (target: string, memory: string, bytes: number): Diagnostic =>
  error(
    6007,
    {},
    `The program is ${bytes} bytes too large for the memory '${memory}' of ${target}.`,
    "Choose a target with more memory, or a smaller or quantised network.",
  );

/** The end of a tool's output, where compilers and sanitizers have their say. */
const lastLines = (said: string): string => said.trim().split("\n").slice(-40).join("\n");
