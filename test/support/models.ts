/** The bundled networks, and what a graph is made of. */
import { join } from "node:path";
import type { Graph } from "../../compiler/ir/graph.ts";

export const bundled = ["kws", "ic", "vww", "ad"] as const;

export const modelFile = (name: string): string =>
  join(import.meta.dirname, "..", "..", "models", name, `${name}.onnx`);

/** How many nodes of each operator a graph has. */
export function operatorCounts(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/** The number of nodes of any of the operators. */
export const countOf = (graph: Graph, ...ops: readonly string[]): number =>
  graph.nodes.filter((n) => ops.includes(n.op)).length;
