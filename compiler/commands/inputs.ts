/**
 * Data for a program's inputs: from files, or the fixed pattern that every measured figure uses.
 */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import type { Program } from "../compile.ts";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import type { Value } from "../ir/graph.ts";
import { givenInputs } from "../ir/states.ts";
import { newArray, numbers, type Tensor, tensorFromBytes, tensorOf } from "../ir/tensor.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  isFloat,
  type Shape,
  sameShape,
  typeText,
} from "../ir/types.ts";
import { quantizeTensor } from "../ops/quantisation.ts";
import { NumpyError, parseNpy, parseNpz } from "../read/numpy.ts";
import { toNhwc } from "../read/samples.ts";

const rawTypes: Record<string, ElementType> = {
  ".f32": "float32",
  ".i8": "int8",
  ".u8": "uint8",
  ".i16": "int16",
  ".i32": "int32",
  ".i64": "int64",
};

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
}

/** Raw numbers have no shape of their own: any that fits their count. */
function rawTensor(file: string, elem: ElementType, shape: Shape): Tensor {
  const bytes = readBytes(file);
  const count = bytes.length / elementBytes(elem);
  const flat = count === elementCount(shape) ? shape : [Math.floor(count)];
  return tensorFromBytes(elem, flat, bytes.subarray(0, elementCount(flat) * elementBytes(elem)));
}

/** The arrays of a file by name; "" where it holds one without a name. */
function readArrays(file: string, shape: Shape): Map<string, Tensor> {
  const kind = extname(file).toLowerCase();
  const raw = rawTypes[kind];
  if (raw) return new Map([["", rawTensor(file, raw, shape)]]);
  if (kind !== ".npy" && kind !== ".npz") throw new MoteError(say.unknownDataFile(file));
  try {
    const bytes = readBytes(file);
    return kind === ".npz" ? parseNpz(bytes) : new Map([["", parseNpy(bytes)]]);
  } catch (problem) {
    if (!(problem instanceof NumpyError)) throw problem;
    throw new MoteError(say.badDataFile(file, problem.message));
  }
}

interface Source {
  readonly file: string;
  readonly tensor: Tensor;
}

/** Which file and array each input gets. */
function assign(given: readonly string[], inputs: readonly Value[]): Map<string, Source> {
  const names = inputs.map((v) => v.name);
  const sources = new Map<string, Source>();
  const unnamed: Source[] = [];
  for (const text of given) {
    const [, name, rest] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const isNamed = name !== undefined && (names.includes(name) || extname(name) === "");
    if (isNamed && !names.includes(name)) throw new MoteError(say.unknownInput(name, names));
    const file = isNamed ? rest! : text;
    const wanted = inputs.find((v) => v.name === name) ?? inputs[sources.size + unnamed.length];
    for (const [key, tensor] of readArrays(file, wanted?.type.shape ?? [])) {
      if (isNamed) sources.set(name, { file, tensor });
      else if (names.includes(key)) sources.set(key, { file, tensor });
      else unnamed.push({ file, tensor });
    }
  }
  for (const name of names)
    if (!sources.has(name) && unnamed.length > 0) sources.set(name, unnamed.shift()!);
  if (sources.size !== names.length || unnamed.length > 0)
    throw new MoteError(say.inputCount(sources.size + unnamed.length, names));
  return sources;
}

/** An axis of runs in front of a shape, in the place of its batch of one or beside it. */
function runCount(given: Shape, shape: Shape): number | undefined {
  const isWithin = (inner: Shape) => sameShape(given.slice(given.length - inner.length), inner);
  const single = shape[0] === 1 ? shape.slice(1) : shape;
  for (const inner of [shape, single]) {
    if (!isWithin(inner)) continue;
    if (given.length === inner.length) return 1;
    if (given.length === inner.length + 1) return given[0]!;
  }
  return undefined;
}

/**
 * The file's numbers as the program stores them, run by run; floats are quantised by the network's
 * own scale.
 */
function converted(
  { file, tensor }: Source,
  model: Value,
  stored: Value,
  hasStates: boolean,
): Tensor[] {
  const { shape } = model.type;
  const wanted = typeText({ elem: stored.type.elem, shape });
  const mismatch = () =>
    new MoteError(say.inputMismatch(file, model.name, typeText(tensor), wanted));
  const count = runCount(tensor.shape, shape);
  if (count === undefined || (count !== 1 && !hasStates)) throw mismatch();
  const size = elementCount(shape);
  return Array.from({ length: count }, (_, i): Tensor => {
    const data = tensor.data.subarray(i * size, (i + 1) * size);
    return storedAs({ elem: tensor.elem, shape, data }, stored, mismatch);
  });
}

function storedAs(run: Tensor, { type }: Value, mismatch: () => MoteError): Tensor {
  const { elem, quant } = type;
  if (run.elem === elem) return run;
  if (isFloat(elem)) return tensorOf(elem, run.shape, numbers(run));
  if (quant && isFloat(run.elem)) return quantizeTensor(run, elem, quant);
  if (quant || isFloat(run.elem)) throw mismatch();
  return tensorOf(elem, run.shape, numbers(run));
}

/** int8 x[i] = ((i·37 + 11) mod 256) − 128; float the same / 128, in the model's order. */
function pattern({ elem }: { elem: ElementType }, shape: Shape): Tensor {
  const count = elementCount(shape);
  if (elem !== "int8" && elem !== "uint8" && !isFloat(elem))
    return { elem, shape, data: newArray(elem, count) };
  const shift = elem === "uint8" ? 0 : 128;
  const scale = isFloat(elem) ? 128 : 1;
  const value = (i: number) => (((i * 37 + 11) % 256) - shift) / scale;
  return tensorOf(
    elem,
    shape,
    Float64Array.from({ length: count }, (_, i) => value(i)),
  );
}

/**
 * For each run a tensor for each input, in the layout and type of the program's boundary: one run,
 * or as many as there is data for where a network has states, which go on from run to run.
 */
export function programRuns(program: Program, given: readonly string[]): Tensor[][] {
  const models = givenInputs(program.imported);
  const hasStates = models.length < program.imported.inputs.length;
  const sources = given.length > 0 ? assign(given, models) : undefined;
  const lists = givenInputs(program.graph).map((stored, i) => {
    const model = models[i]!;
    const source = sources?.get(model.name);
    const runs = source
      ? converted(source, model, stored, hasStates)
      : [pattern(stored.type, model.type.shape)];
    const isImage = program.ioLayout === "nhwc" && model.type.shape.length === 4;
    return isImage ? runs.map(toNhwc) : runs;
  });
  const count = lists[0]?.length ?? 1;
  const odd = lists.findIndex((l) => l.length !== count);
  if (odd >= 0)
    throw new MoteError(
      say.runCounts([models[0]!.name, count], [models[odd]!.name, lists[odd]!.length]),
    );
  return Array.from({ length: count }, (_, k) => lists.map((l) => l[k]!));
}

/** [N,H,W,C] as [N,C,H,W]. */
export function toNchw(t: Tensor): Tensor {
  const [n, h, w, c] = t.shape as [number, number, number, number];
  const data = t.data.slice();
  for (let b = 0; b < n; b++)
    for (let i = 0; i < h * w; i++)
      for (let k = 0; k < c; k++) data[(b * c + k) * h * w + i] = t.data[(b * h * w + i) * c + k]!;
  return { ...t, shape: [n, c, h, w], data };
}
