/** Helpers that bring a node of an older opset into the newest form. */
import { type AttrValue, constant } from "../ir/graph.ts";
import { float32s, int64s } from "../ir/tensor.ts";
import type { RawNode } from "./operator.ts";

const tensorOfAttribute = (value: AttrValue) =>
  typeof value === "number" ? float32s([], [value]) : int64s(value as readonly number[]);

/** An attribute that a later opset made input number `at`. */
export function attributeToInput(node: RawNode, name: string, at: number): RawNode {
  const { [name]: value, ...attrs } = node.attrs;
  if (value === undefined) return node;
  const inputs = [...node.inputs];
  while (inputs.length < at) inputs.push(undefined);
  inputs[at] = constant(tensorOfAttribute(value), name);
  return { ...node, attrs, inputs };
}
