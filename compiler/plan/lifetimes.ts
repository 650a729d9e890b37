/** Which values share a buffer, and from which step to which each buffer is in use. */
import type { Graph, Node, Value } from "../ir/graph.ts";
import { typeBytes } from "../ir/types.ts";
import type { Lifetime } from "./place.ts";

/** What the planner needs to know of a node's kernel. */
export interface KernelTraits {
  readonly isView: boolean;
  readonly inPlace: readonly number[];
}

export type TraitsOf = (node: Node) => KernelTraits;

export interface Allocation {
  /** The nodes that run, in order. */
  readonly steps: readonly Node[];
  readonly lifetimes: readonly Lifetime[];
  /** Index into `lifetimes`; constants have none. */
  readonly bufferOf: ReadonlyMap<Value, number>;
}

/** The last step at which each value is read; outputs are read after the last step. */
function lastReads(graph: Graph, steps: readonly Node[], owner: (v: Value) => Value) {
  const last = new Map<Value, number>();
  const read = (value: Value, step: number) =>
    last.set(owner(value), Math.max(step, last.get(owner(value)) ?? 0));
  steps.forEach((node, step) => {
    for (const value of node.inputs) if (value) read(value, step);
  });
  for (const { value } of graph.outputs) read(value, steps.length);
  return last;
}

/** The value whose memory a value is: views follow to what they show. */
function owners(graph: Graph, traits: TraitsOf): (value: Value) => Value {
  const owner = new Map<Value, Value>();
  const of = (value: Value): Value => owner.get(value) ?? value;
  for (const node of graph.nodes)
    if (node.inputs[0] && traits(node).isView) owner.set(node.outputs[0]!, of(node.inputs[0]));
  return of;
}

const isConstant = (value: Value): boolean => value.node.op === "Constant";

/** Buffers for the values of a graph, in the order of its nodes, in place where that is safe. */
export function allocate(graph: Graph, traits: TraitsOf): Allocation {
  const owner = owners(graph, traits);
  const isStep = (node: Node) =>
    node.op !== "Input" && node.op !== "Constant" && !traits(node).isView;
  const steps = graph.nodes.filter(isStep);
  const last = lastReads(graph, steps, owner);
  const lifetimes: { bytes: number; begin: number; end: number }[] = [];
  const bufferOf = new Map<Value, number>();
  const open = (value: Value, step: number) => {
    const end = Math.max(step, last.get(value) ?? step);
    bufferOf.set(value, lifetimes.push({ bytes: typeBytes(value.type), begin: step, end }) - 1);
  };
  for (const value of graph.inputs) open(value, 0);
  steps.forEach((node, step) => {
    const reused = reusable(node, step);
    for (const [i, value] of node.outputs.entries()) {
      if (i > 0 || reused === undefined) open(value, step);
      else {
        bufferOf.set(value, reused);
        lifetimes[reused]!.end = Math.max(step, last.get(value) ?? step);
      }
    }
  });
  for (const node of graph.nodes)
    for (const value of node.outputs) {
      const buffer = bufferOf.get(owner(value));
      if (buffer !== undefined) bufferOf.set(value, buffer);
    }
  return { steps, lifetimes, bufferOf };

  /** The buffer of an operand that ends here and that no other operand lies in. */
  function reusable(node: Node, step: number): number | undefined {
    const bytes = typeBytes(node.outputs[0]!.type);
    for (const i of traits(node).inPlace) {
      const value = node.inputs[i];
      if (!value || isConstant(owner(value))) continue;
      const buffer = bufferOf.get(owner(value))!;
      const shared = node.inputs.some(
        (other, j) => j !== i && other && bufferOf.get(owner(other)) === buffer,
      );
      const ends = lifetimes[buffer]!.end === step;
      if (ends && !shared && typeBytes(value.type) === bytes) return buffer;
    }
    return undefined;
  }
}
