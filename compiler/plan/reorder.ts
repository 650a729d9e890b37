/** An order of a graph's nodes in which they need fewer bytes, layer by layer, than in its own. */
import type { Graph, Node } from "../ir/graph.ts";
import { type Method, memoryOf } from "./buffers.ts";
import type { Network, Operation, TensorFacts } from "./network.ts";
import { bestOrder, type Order, type OrderGraph, type OrderNode } from "./order/order.ts";
import { isWhole, type Piece } from "./pieces.ts";
import { liveBytes } from "./search.ts";
import type { Way } from "./ways.ts";

/** Rows that are delivered come first; layer by layer they are there from the start. */
const isDelivery = ({ node }: Operation): boolean => node.op === "RowInput";

/** What is live or not as one: what an operation makes, or an input of the network. */
interface Item {
  readonly tensor: number;
  readonly from: number;
  readonly bytes: number;
}

const overlap = (a: Item, b: Item): boolean =>
  a.tensor === b.tensor && a.from < b.from + b.bytes && b.from < a.from + a.bytes;

/** Those that hold some of a piece. */
const itemsOf = (piece: Item, items: readonly Item[]): number[] =>
  items.flatMap((item, i) => (overlap(item, piece) ? [i] : []));

/** The most bytes in use while an operation runs alone, inputs that do not end being outputs. */
function bytesAlone(
  { tensors }: Network,
  { operands, results, ...operation }: Operation,
  method: Method,
  isEnded: (piece: Item) => boolean,
): number {
  const facts: TensorFacts[] = [];
  /** A tensor that is just the piece. */
  const open = (piece: Piece, made: boolean): number => {
    const { tensor, bytes, layout } = piece;
    const own = { ...piece, tensor: facts.length, from: 0 };
    const isOutput = !made && !isEnded(piece);
    return (
      facts.push({
        value: tensors[tensor]!.value,
        layout,
        bytes,
        made: made ? [{ ...own, operation: 0 }] : [],
        readers: [],
        outputs: isOutput ? [own] : [],
      }) - 1
    );
  };
  const known = new Map<string, number>();
  const reads = operands.map((o) => {
    if (!o) return undefined;
    const key = `${o.tensor} ${o.from} ${o.bytes}`;
    const tensor = known.get(key) ?? open(o, false);
    known.set(key, tensor);
    return { ...o, tensor, from: 0 };
  });
  const makes = results.map((r) => ({ ...r, tensor: open(r, true), from: 0 }));
  const alone = { ...operation, operands: reads, results: makes };
  const network = { operations: [alone], tensors: facts, pieceOf: new Map() };
  const isAll = [...operands, ...results].every((p) => !p || isWhole(p, tensors[p.tensor]!));
  const own = isAll ? method : { ...method, inPlace: [] };
  const end = method.accumulates ? operation.inputHeight : operation.height;
  const slices = [{ operation: 0, begin: 0, end }];
  return liveBytes(memoryOf(network, [own], slices, 1));
}

/** All rows at once by the fastest kernel. */
function orderNode(
  network: Network,
  operation: Operation,
  ways: readonly Way[],
  items: readonly Item[],
): OrderNode {
  const { operands, results, height } = operation;
  const isAtOnce = ({ method }: Way) => method.rows === height && !method.accumulates;
  const { method } = ways.find(isAtOnce) ?? ways[0]!;
  const { scratchBytes } = method;
  const inputs = [...new Set(operands.flatMap((o) => (o ? itemsOf(o, items) : [])))];
  const outputs = results.flatMap((r) => itemsOf(r, items));
  const all = [...inputs, ...outputs].reduce((sum, i) => sum + items[i]!.bytes, 0);
  const known = new Map<string, number>();
  const saved = (ended: readonly number[]): number => {
    const key = ended.join();
    const isEnded = (o: Item) => itemsOf(o, items).every((i) => ended.includes(i));
    const bytes =
      known.get(key) ?? all + scratchBytes - bytesAlone(network, operation, method, isEnded);
    known.set(key, bytes);
    return bytes;
  };
  return { inputs, outputs, scratchBytes, saved };
}

function orderGraph(
  network: Network,
  ways: readonly (readonly Way[])[],
  own: readonly number[],
): OrderGraph {
  const { operations, tensors } = network;
  const given = tensors.flatMap(({ made, bytes }, tensor) =>
    made.length === 0 ? [{ tensor, from: 0, bytes }] : [],
  );
  const delivered = operations.filter(isDelivery).flatMap((o) => o.results);
  const made = own.flatMap((i) => operations[i]!.results);
  const items: Item[] = [...given, ...delivered, ...made];
  const outputs = tensors.flatMap((t) => t.outputs);
  return {
    nodes: own.map((i) => orderNode(network, operations[i]!, ways[i]!, items)),
    bytes: items.map((item) => item.bytes),
    inputs: [...given, ...delivered].map((_, i) => i),
    outputs: [...new Set(outputs.flatMap((piece) => itemsOf(piece, items)))],
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
