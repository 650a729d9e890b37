/** What of a quantised network still computes in float. */
import type { Graph, Node } from "../ir/graph.ts";
import { isFloat } from "../ir/types.ts";
import { operatorOf } from "../ops/registry.ts";

const changesNothing = ["Input", "Constant", "Quantize", "Dequantize", "Reshape", "Transpose"];

const isInteger = (n: Node): boolean =>
  operatorOf(n).macs !== undefined && n.inputs[0]?.type.quant !== undefined;

/** The float layers of a network that has integer ones; none of a float network. */
export function floatLayers(graph: Graph): Node[] {
  const layers = graph.nodes.filter((n) => !changesNothing.includes(n.op));
  return layers.some(isInteger) ? layers.filter((n) => isFloat(n.outputs[0]!.type.elem)) : [];
}
