/** Constants that hold the same, as one. */
import { constantOf, type Graph, type Node, type Value } from "./graph.ts";
import { substitute } from "./substitute.ts";
import { type Tensor, tensorBytes } from "./tensor.ts";
import { typeText } from "./types.ts";

/** How a constant is stored is no layer, so it has no name. */
export const isStorage = (op: string, x: Value | undefined): boolean =>
  op === "DequantizeLinear" && x?.node.op === "Constant";

const sameBytes = (a: Tensor, b: Tensor): boolean =>
  Buffer.compare(tensorBytes(a), tensorBytes(b)) === 0;

/** Values in the place of which others stand that are the same. */
function sameConstants({ nodes }: Graph): Map<Value, Value> {
  const kinds = new Map<string, Value[]>();
  const replaced = new Map<Value, Value>();
  for (const { op, outputs } of nodes) {
    if (op !== "Constant") continue;
    const [value] = outputs as [Value];
    const key = typeText(value.type);
    const others = kinds.get(key) ?? [];
    const same = others.find((o) => sameBytes(constantOf(o)!, constantOf(value)!));
    if (same) replaced.set(value, same);
    else kinds.set(key, [...others, value]);
  }
  return replaced;
}

function sameStorage({ nodes }: Graph): Map<Value, Value> {
  const first = new Map<Value, Node[]>();
  const replaced = new Map<Value, Value>();
  for (const node of nodes) {
    if (!isStorage(node.op, node.inputs[0])) continue;
    const [x] = node.inputs as [Value];
    const others = first.get(x) ?? [];
    const same = others.find(
      (o) => o.inputs.every((v, i) => v === node.inputs[i]) && o.attrs.axis === node.attrs.axis,
    );
    if (same) replaced.set(node.outputs[0]!, same.outputs[0]!);
    else first.set(x, [...others, node]);
  }
  return replaced;
}

/** The graph with one constant for all that hold the same, stored the same. */
export function withSharedConstants<L extends "imported" | "lowered">(graph: Graph<L>): Graph<L> {
  const constants = substitute(graph, sameConstants(graph));
  return substitute(constants, sameStorage(constants));
}
