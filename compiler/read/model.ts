/** Reads a model by the kind of its file. */
import { extname } from "node:path";
import { MoteError, unknownFormat } from "../diagnostics.ts";
import type { Graph } from "../ir/graph.ts";
import { type ReadOptions, readOnnx } from "./onnx/read.ts";

export function readModel(file: string, options: ReadOptions): Graph<"imported"> {
  if (extname(file).toLowerCase() !== ".onnx") throw new MoteError(unknownFormat(file));
  return readOnnx(file, options);
}
