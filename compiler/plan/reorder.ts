/** An order of a graph's nodes in which whole tensors need fewer bytes than in its own. */
import type { Graph, Node } from "../ir/graph.ts";
import type { Network, Operation } from "./network.ts";
import { bestOrder, type Order, type OrderGraph, type OrderNode } from "./order.ts";
import type { Way } from "./ways.ts";

/** Rows that are delivered come first; with whole tensors they are there from the start. */
const isDelivery = ({ node }: Operation): boolean => node.op === "RowInput";

/** With the scratch memory and the operands in place of the fastest kernel. */
function orderNode({ operands, results }: Operation, [fastest]: readonly Way[]): OrderNode {
  const { scratchBytes, inPlace } = fastest!.method;
  const read = operands.flatMap((o, i) => (o ? [i] : []));
  return {
    inputs: read.map((i) => operands[i]!.tensor),
    outputs: results,
    scratchBytes,
    inPlace: inPlace.flatMap((i) => (operands[i] ? [read.indexOf(i)] : [])),
  };
}

function orderGraph(
  { operations, tensors }: Network,
  ways: readonly (readonly Way[])[],
  own: readonly number[],
): OrderGraph {
  const indices = tensors.map((_, i) => i);
  return {
    nodes: own.map((i) => orderNode(operations[i]!, ways[i]!)),
    bytes: tensors.map((t) => t.bytes),
    inputs: indices.filter((t) => {
      const maker = operations[tensors[t]!.producer];
      return !maker || isDelivery(maker);
    }),
    outputs: indices.filter((t) => tensors[t]!.isOutput),
  };
}

/** All nodes, operations in an order of their own and views right after what they show. */
function nodesIn(graph: Graph, operations: readonly Operation[]): Node[] {
  const ranks = new Map<Node, number>(operations.map(({ node }, rank) => [node, rank]));
  for (const node of graph.nodes)
    if (!ranks.has(node)) ranks.set(node, ranks.get(node.inputs[0]?.node ?? node) ?? -1);
  return [...graph.nodes].sort((a, b) => ranks.get(a)! - ranks.get(b)!);
}

/** @returns what was found, and the nodes in that order if it is not the graph's own. */
export function reorder(
  graph: Graph,
  network: Network,
  ways: readonly (readonly Way[])[],
): { readonly found: Omit<Order, "order">; readonly nodes?: readonly Node[] } {
  const { operations } = network;
  const own = [...operations.keys()].filter((i) => !isDelivery(operations[i]!));
  const { order, ...found } = bestOrder(orderGraph(network, ways, own));
  if (order.every((n, i) => n === i)) return { found };
  const sorted = order.map((n) => operations[own[n]!]!);
  return { found, nodes: nodesIn(graph, [...operations.filter(isDelivery), ...sorted]) };
}
