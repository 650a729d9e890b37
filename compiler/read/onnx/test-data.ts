/** ONNX's test folders: a model, and inputs with the outputs that they give. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Tensor } from "../../ir/tensor.ts";
import { decodeTensor } from "./proto.ts";
import { TensorError, tensorFromProto } from "./tensors.ts";

/** A folder with a model.onnx. */
export interface TestFolder {
  readonly name: string;
  readonly model: string;
  readonly dataSets: readonly string[];
}

export interface DataSet {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** @throws TensorError for types that mote does not have. */
export function readTensor(file: string): Tensor {
  try {
    return tensorFromProto(decodeTensor(readFileSync(file)), file);
  } catch (problem) {
    if (problem instanceof TensorError) throw problem;
    throw new TensorError(`is no tensor: ${(problem as Error).message}`);
  }
}

function tensors(folder: string, what: "input" | "output"): Tensor[] {
  const files: Tensor[] = [];
  for (let i = 0; existsSync(join(folder, `${what}_${i}.pb`)); i++)
    files.push(readTensor(join(folder, `${what}_${i}.pb`)));
  return files;
}

/** @throws TensorError */
export const readDataSet = (folder: string): DataSet => ({
  inputs: tensors(folder, "input"),
  outputs: tensors(folder, "output"),
});

const folderOf = (folder: string): TestFolder[] => {
  const model = join(folder, "model.onnx");
  if (!existsSync(model)) return [];
  const sets = readdirSync(folder).filter((f) => f.startsWith("test_data_set_"));
  const dataSets = sets.sort().map((f) => join(folder, f));
  return [{ name: basename(folder), model, dataSets }];
};

const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();

/** The tests of a folder: it may be one, hold some, or hold folders that do. */
export function findTests(folder: string): TestFolder[] {
  const own = folderOf(folder);
  if (own.length > 0) return own;
  const inside = foldersIn(folder);
  const found = inside.flatMap(folderOf);
  return found.length > 0 ? found : inside.flatMap((f) => foldersIn(f).flatMap(folderOf));
}
