/** The layout of images at the C boundary: the model's own order, or NHWC as cameras deliver. */
import { type Graph, input, makeNode, type Value } from "../ir/graph.ts";
import { givenOutputs, isState } from "../ir/states.ts";
import { substitute } from "../ir/substitute.ts";
import { build } from "../ops/build.ts";

const toNhwc = [0, 2, 3, 1];
const toNchw = [0, 3, 1, 2];

export const isImage = ({ type }: Value): boolean => type.shape.length === 4;

const permuted = (v: Value, perm: readonly number[]): Value => build("Transpose", [v], { perm });

/**
 * The graph with its images in NHWC: transpositions that the layout rules then take into kernels.
 */
export function nhwcBoundary<L extends "imported" | "lowered">(graph: Graph<L>): Graph<L> {
  const replaced = new Map<Value, Value>();
  const inputs = graph.inputs.map((value) => {
    if (!isImage(value) || isState(value)) return value;
    const { type, name } = value;
    const image = input(name, { ...type, shape: toNhwc.map((axis) => type.shape[axis]!) });
    replaced.set(value, permuted(image, toNchw));
    return image;
  });
  const given = new Set(givenOutputs(graph));
  const outputs = graph.outputs.map((o) =>
    isImage(o.value) && given.has(o) ? { ...o, value: permuted(o.value, toNhwc) } : o,
  );
  return substitute(graph, replaced, outputs, inputs);
}

/** The graph with its input images, in NHWC, delivered row by row. */
export function rowInputs(graph: Graph<"lowered">): Graph<"lowered"> {
  const replaced = new Map<Value, Value>();
  const inputs = graph.inputs.map((value) => {
    const { name, type } = value;
    if (!isImage(value) || type.shape[0] !== 1 || isState(value)) return value;
    const image = input(name, type);
    const rows = makeNode({ op: "RowInput", inputs: [image], types: [type], names: [name] });
    replaced.set(value, rows.outputs[0]!);
    return image;
  });
  return substitute(graph, replaced, graph.outputs, inputs);
}
