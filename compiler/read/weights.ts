/** Tensors by name, from a file of weights of any kind that mote reads. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import { NumpyError, parseNpz } from "./numpy.ts";
import type { TensorProto } from "./onnx/proto.ts";
import { decodeFile } from "./onnx/read.ts";
import { TensorError, tensorFromProto, typeFromProto } from "./onnx/tensors.ts";
import { parseSafetensors, SafetensorsError, type Stored } from "./safetensors.ts";
import { fileBytes } from "./size.ts";

export interface WeightsFile {
  readonly file: string;
  /** In the file's order. A tensor's `load` may throw MoteError, too. */
  readonly tensors: ReadonlyMap<string, Stored>;
  readonly metadata: ReadonlyMap<string, string>;
}

type Content = Omit<WeightsFile, "file">;

function readBytes(file: string): Uint8Array {
  const bytes = fileBytes(file);
  if (bytes === undefined) throw new MoteError(say.fileNotFound(file));
  if (bytes >= 2 ** 31) throw new MoteError(say.damagedWeights(file, "is larger than 2 GB"));
  try {
    return readFileSync(file);
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
}

function numpyContent(file: string): Content {
  const arrays = [...parseNpz(readBytes(file))];
  const tensors = arrays.map(([name, tensor]): [string, Stored] => [
    name,
    { elem: tensor.elem, shape: tensor.shape, load: () => tensor },
  ]);
  return { tensors: new Map(tensors), metadata: new Map() };
}

/** Runs `read`; a tensor's problem is reported with the tensor's name. */
function named<T>(file: string, name: string, read: () => T): T {
  try {
    return read();
  } catch (problem) {
    if (!(problem instanceof TensorError)) throw problem;
    throw new MoteError(say.badTensor(file, name, problem.message));
  }
}

const initializer = (proto: TensorProto, file: string): Stored => ({
  ...named(file, proto.name, () => typeFromProto(proto)),
  load: () => named(file, proto.name, () => tensorFromProto(proto, file)),
});

/** The initialisers of the model's graph. */
function onnxContent(file: string): Content {
  const tensors = new Map<string, Stored>();
  for (const proto of decodeFile(file).graph?.initializer ?? []) {
    if (tensors.has(proto.name)) throw new MoteError(say.duplicateValue({ file }, proto.name));
    tensors.set(proto.name, initializer(proto, file));
  }
  return { tensors, metadata: new Map() };
}

const readers = new Map<string, (file: string) => Content>([
  [".safetensors", (file) => parseSafetensors(readBytes(file))],
  [".npz", numpyContent],
  [".onnx", onnxContent],
]);

/** @throws MoteError */
export function openWeights(file: string): WeightsFile {
  const read = readers.get(extname(file).toLowerCase());
  if (!read) throw new MoteError(say.unknownWeightsFile(file));
  try {
    return { file, ...read(file) };
  } catch (problem) {
    if (!(problem instanceof SafetensorsError || problem instanceof NumpyError)) throw problem;
    throw new MoteError(say.damagedWeights(file, problem.message));
  }
}
