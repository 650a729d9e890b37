import {
  type Graph,
  type GraphOutput,
  makeGraph,
  makeNode,
  type Node,
  type Value,
} from "./graph.ts";

/** The graph with values replaced, and what reads them made anew. */
export function substitute<L extends "imported" | "lowered">(
  graph: Graph<L>,
  replaced: ReadonlyMap<Value, Value>,
  outputs: readonly GraphOutput[] = graph.outputs,
  inputs: readonly Value[] = graph.inputs,
): Graph<L> {
  const target = (value: Value): Value => {
    let v = value;
    for (let next = replaced.get(v); next !== undefined; next = replaced.get(v)) v = next;
    return v;
  };
  const rebuilt = new Map<Node, Node>();
  const roots = [...inputs, ...outputs.map((o) => o.value)];
  const stack = roots.map((v) => target(v).node).reverse();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const reads = node.inputs.map((v) => v && target(v));
    const pending = reads.filter((v) => v && !rebuilt.has(v.node));
    if (rebuilt.has(node) || pending.length === 0) {
      stack.pop();
      if (!rebuilt.has(node)) rebuilt.set(node, rebuild(node, reads, rebuilt));
    } else for (const v of pending.reverse()) stack.push(v!.node);
  }
  const final = (value: Value): Value => {
    const v = target(value);
    return rebuilt.get(v.node)!.outputs[v.index]!;
  };
  return makeGraph(
    graph.level as L,
    graph.name,
    inputs.map(final),
    outputs.map((o) => ({ name: o.name, value: final(o.value) })),
  );
}

function rebuild(
  node: Node,
  reads: readonly (Value | undefined)[],
  rebuilt: ReadonlyMap<Node, Node>,
): Node {
  const inputs = reads.map((v) => v && rebuilt.get(v.node)!.outputs[v.index]!);
  if (inputs.every((v, i) => v === node.inputs[i])) return node;
  const types = node.outputs.map((v) => v.type);
  return makeNode({ ...node, inputs, types, names: node.outputs.map((v) => v.name) });
}
