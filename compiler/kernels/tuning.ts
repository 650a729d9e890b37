/** Measured costs of kernels by layer: what `mote tune` finds out and `select` goes by. */
import type { Attrs, Node } from "../ir/graph.ts";
import { type TensorType, typeText } from "../ir/types.ts";
import type { Profile } from "../ops/numerics.ts";

/** Cycles of one run by kernel, or instructions where the target has no model of cycles, by layer. */
export type Tuning = ReadonlyMap<string, Readonly<Record<string, number>>>;

const attributesText = (attrs: Attrs): string =>
  Object.entries(attrs)
    .filter(([name]) => name !== "kernel")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

const operandText = (type: TensorType | undefined): string => (type ? typeText(type) : "_");

/** Layers with the same signature cost the same, but for what their weights are. */
export function layerSignature(node: Node, profile: Profile): string {
  const inputs = node.inputs.map((v) => operandText(v?.type)).join(" ");
  const outputs = node.outputs.map((v) => operandText(v.type)).join(" ");
  return `${node.op} ${inputs} -> ${outputs} {${attributesText(node.attrs)}} ${profile}`;
}
