/** An order of a graph's nodes in which they need fewer bytes, layer by layer, than in its own. */
import type { Graph, Node } from "../ir/graph.ts";
import { type Method, memoryOf } from "./buffers.ts";
import type { Network, Operation, TensorFacts } from "./network.ts";
import { bestOrder, type Order, type OrderGraph, type OrderNode } from "./order.ts";
import { liveBytes } from "./search.ts";
import type { Way } from "./ways.ts";

/** Rows that are delivered come first; layer by layer they are there from the start. */
const isDelivery = ({ node }: Operation): boolean => node.op === "RowInput";

/** The most bytes in use while an operation runs alone, inputs that do not end being outputs. */
function bytesAlone(
  { operations, tensors }: Network,
  index: number,
  method: Method,
  ended: readonly number[],
): number {
  const { operands, results, ...operation } = operations[index]!;
  const own = [...new Set([...operands.flatMap((o) => (o ? [o.tensor] : [])), ...results])];
  const alone = {
    ...operation,
    operands: operands.map((o) => o && { ...o, tensor: own.indexOf(o.tensor) }),
    results: results.map((t) => own.indexOf(t)),
  };
  const facts = own.map((t): TensorFacts => {
    const isMade = results.includes(t);
    const isOutput = !isMade && !ended.includes(t);
    return { ...tensors[t]!, producer: isMade ? 0 : -1, readers: [], isOutput };
  });
  const network = { operations: [alone], tensors: facts, tensorOf: new Map() };
  const end = method.accumulates ? operation.inputHeight : operation.height;
  const slices = [{ operation: 0, begin: 0, end }];
  return liveBytes(memoryOf(network, [method], slices, 1));
}

/** All rows at once by the fastest kernel. */
function orderNode(network: Network, index: number, ways: readonly Way[]): OrderNode {
  const { operands, results, height } = network.operations[index]!;
  const isWhole = ({ method }: Way) => method.rows === height && !method.accumulates;
  const { method } = ways.find(isWhole) ?? ways[0]!;
  const { scratchBytes } = method;
  const inputs = [...new Set(operands.flatMap((o) => (o ? [o.tensor] : [])))];
  const all = [...inputs, ...results].reduce((sum, t) => sum + network.tensors[t]!.bytes, 0);
  const known = new Map<string, number>();
  const saved = (ended: readonly number[]): number => {
    const key = ended.join();
    const bytes = known.get(key) ?? all + scratchBytes - bytesAlone(network, index, method, ended);
    known.set(key, bytes);
    return bytes;
  };
  return { inputs, outputs: results, scratchBytes, saved };
}

function orderGraph(
  network: Network,
  ways: readonly (readonly Way[])[],
  own: readonly number[],
): OrderGraph {
  const { operations, tensors } = network;
  const indices = tensors.map((_, i) => i);
  return {
    nodes: own.map((i) => orderNode(network, i, ways[i]!)),
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
