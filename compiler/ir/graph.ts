/**
 * The one data structure that stages share: an immutable graph of operators. A node refers to the
 * values it reads, a value to the node that makes it; so a graph is what its outputs reach, and a
 * rewrite makes new nodes and leaves the old ones as they were.
 */
import type { Plan } from "./plan.ts";
import type { Tensor } from "./tensor.ts";
import type { TensorType } from "./types.ts";

/**
 * `imported`: ONNX as the file says it; `lowered`: NHWC, fused; `planned`: with buffers and steps.
 */
export type Level = "imported" | "lowered" | "planned";

export type AttrValue = number | string | readonly number[] | readonly string[] | Tensor;
export type Attrs = Readonly<Record<string, AttrValue>>;

export interface Value {
  readonly node: Node;
  /** Which of the node's outputs. */
  readonly index: number;
  readonly type: TensorType;
  /** From the model file; unique only there. */
  readonly name: string;
}

export interface Node {
  readonly op: string;
  /** `undefined` stands for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attrs: Attrs;
  readonly outputs: readonly Value[];
  /** Names of the model's nodes that this one stands for. */
  readonly origins: readonly string[];
}

export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

export interface Graph<L extends Level = Level> {
  readonly level: L;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly GraphOutput[];
  /** In an order in which they can run; inputs and constants included. */
  readonly nodes: readonly Node[];
  readonly plan: L extends "planned" ? Plan : undefined;
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs?: readonly (Value | undefined)[];
  readonly attrs?: Attrs;
  readonly types: readonly TensorType[];
  readonly names?: readonly string[];
  readonly origins?: readonly string[];
}

export function makeNode(spec: NodeSpec): Node {
  const { op, inputs = [], attrs = {}, types, names = [], origins = [] } = spec;
  const outputs: Value[] = [];
  const node: Node = { op, inputs, attrs, outputs, origins };
  for (const [index, type] of types.entries())
    outputs.push({ node, index, type, name: names[index] ?? "" });
  return node;
}

export const constant = (tensor: Tensor, name = "", quant?: TensorType["quant"]): Value =>
  makeNode({
    op: "Constant",
    attrs: { value: tensor },
    types: [{ elem: tensor.elem, shape: tensor.shape, quant }],
    names: [name],
  }).outputs[0]!;

/** @param initial makes it a state (states.ts). */
export const input = (name: string, type: TensorType, initial?: Tensor): Value =>
  makeNode({ op: "Input", types: [type], names: [name], attrs: initial ? { initial } : {} })
    .outputs[0]!;

/** The tensor behind a value that is a constant. */
export const constantOf = (value: Value | undefined): Tensor | undefined =>
  value?.node.op === "Constant" ? (value.node.attrs.value as Tensor) : undefined;

/**
 * Depth first from the outputs, inputs of a node in their order: every node after what it reads.
 */
function reachable(roots: readonly Node[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const visit = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next === top.node.inputs.length) order.push(stack.pop()!.node);
      else {
        const read = top.node.inputs[top.next++];
        if (read !== undefined) visit(read.node);
      }
    }
  }
  return order;
}

/** A graph of what the outputs need; nodes that nothing reads are left behind. */
export function makeGraph<L extends "imported" | "lowered">(
  level: L,
  name: string,
  inputs: readonly Value[],
  outputs: readonly GraphOutput[],
): Graph<L> {
  const nodes = reachable([...inputs.map((v) => v.node), ...outputs.map((o) => o.value.node)]);
  return { level, name, inputs, outputs, nodes, plan: undefined as Graph<L>["plan"] };
}

/** For every value, the nodes that read it (once for each time) and how often it is an output. */
export function usesOf(graph: Graph): Map<Value, Node[]> {
  const uses = new Map<Value, Node[]>();
  for (const node of graph.nodes)
    for (const value of node.inputs)
      if (value !== undefined) {
        const readers = uses.get(value);
        if (readers) readers.push(node);
        else uses.set(value, [node]);
      }
  return uses;
}

/** The attribute as numbers; absent ones as the given default. */
export const ints = (node: { attrs: Attrs }, name: string): readonly number[] =>
  (node.attrs[name] as readonly number[] | undefined) ?? [];
export const num = (node: { attrs: Attrs }, name: string, absent = 0): number =>
  (node.attrs[name] as number | undefined) ?? absent;
export const str = (node: { attrs: Attrs }, name: string, absent = ""): string =>
  (node.attrs[name] as string | undefined) ?? absent;
