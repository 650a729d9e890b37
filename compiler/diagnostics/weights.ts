/** 212x: files of weights. */
import { type Diagnostic, error } from "./diagnostic.ts";

export const unknownWeightsFile = (file: string): Diagnostic =>
  error(
    2120,
    { file },
    "Unknown kind of weights file.",
    "Give a .safetensors, .npz or .onnx file.",
  );

export const damagedWeights = (file: string, problem: string): Diagnostic =>
  error(2121, { file }, `The file ${problem}.`, "Save the weights again.");
