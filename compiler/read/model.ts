/** Reads a model by the kind of its file. */
import { extname } from "node:path";
import { type Diagnostic, MoteError, type Place, unknownFormat } from "../diagnostics.ts";
import type { ModelDocs } from "../ir/docs.ts";
import type { Graph } from "../ir/graph.ts";
import { type LayerChoices, noChoices } from "../ir/layers.ts";
import { isMoteFile, readMote } from "./dsl/read.ts";
import { type ReadOptions, readOnnx } from "./onnx/read.ts";

export interface Model {
  readonly graph: Graph<"imported" | "lowered">;
  /** What the model says of its layers. */
  readonly choices: LayerChoices;
  readonly docs: ModelDocs;
  /** Where a layer stands, in a model that is a text. */
  placeOf(layer: string): Place | undefined;
}

export function readModel(
  file: string,
  options: ReadOptions & {
    readonly report: (d: Diagnostic) => void;
    /** Takes the path of every file that a model is read from. */
    readonly onRead?: ((file: string) => void) | undefined;
    /** Texts that stand for files of the language, by path. */
    readonly open?: ReadonlyMap<string, string> | undefined;
  },
): Model {
  if (isMoteFile(file)) return readMote(file, options);
  if (extname(file).toLowerCase() !== ".onnx") throw new MoteError(unknownFormat(file));
  const docs = { model: [], inputs: [] };
  return { graph: readOnnx(file, options), choices: noChoices, docs, placeOf: () => undefined };
}
