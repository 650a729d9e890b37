/** Models that are wrong in one way each. */
import type { ModelInput, NodeInput } from "../support/onnx.ts";

export const x = { name: "x", elem: "float32", shape: [2, 3] } as const;
const y = { name: "y" };

/** A model of float32 x[2, 3] with the given nodes; the last makes y. */
export const model = (nodes: NodeInput[], more: Partial<ModelInput> = {}): ModelInput => ({
  nodes,
  inputs: [x],
  outputs: [y],
  ...more,
});
export const tanh: NodeInput = { op: "Tanh", inputs: ["x"], name: "n" };

export interface Bad {
  readonly what: string;
  readonly code: number;
  readonly says: RegExp;
  readonly model: ModelInput;
}
