/** Which values share a buffer, and from which step to which each buffer is in use. */
import type { Graph, Node, Value } from "../ir/graph.ts";
import { typeBytes } from "../ir/types.ts";
import type { Lifetime } from "./place.ts";

/** What the planner needs to know of a node's kernel. */
export interface KernelTraits {
  readonly isView: boolean;
  readonly inPlace: readonly number[];
  /** Memory that it uses for itself while it runs. */
  readonly scratchBytes: number;
}

export type TraitsOf = (node: Node) => KernelTraits;

export interface Allocation {
  /** The nodes that run, in order. */
  readonly steps: readonly Node[];
  readonly lifetimes: readonly Lifetime[];
  /** Index into `lifetimes`; constants have none. */
  readonly bufferOf: ReadonlyMap<Value, number>;
  /** The buffer of each step's scratch memory, where it has any. */
  readonly scratchOf: readonly (number | undefined)[];
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

const isStep = (node: Node, traits: TraitsOf): boolean =>
  node.op !== "Input" && node.op !== "Constant" && !traits(node).isView;

/** Opens a buffer for every value and scratch memory, or lets a value take over an operand's. */
class Allocator {
  readonly lifetimes: { bytes: number; begin: number; end: number }[] = [];
  readonly bufferOf = new Map<Value, number>();
  readonly #owner: (value: Value) => Value;
  readonly #last: ReadonlyMap<Value, number>;
  readonly #traits: TraitsOf;

  constructor(graph: Graph, steps: readonly Node[], traits: TraitsOf) {
    this.#traits = traits;
    this.#owner = owners(graph, traits);
    this.#last = lastReads(graph, steps, this.#owner);
  }

  #add(bytes: number, begin: number, end: number): number {
    return this.lifetimes.push({ bytes, begin, end }) - 1;
  }

  #end(value: Value, step: number): number {
    return Math.max(step, this.#last.get(value) ?? step);
  }

  open(value: Value, step: number): void {
    this.bufferOf.set(value, this.#add(typeBytes(value.type), step, this.#end(value, step)));
  }

  /** Buffers for what a step makes; @returns that of its scratch memory. */
  step(node: Node, step: number): number | undefined {
    const reused = this.#reusable(node, step);
    for (const [i, value] of node.outputs.entries())
      if (i > 0 || reused === undefined) this.open(value, step);
      else {
        this.bufferOf.set(value, reused);
        this.lifetimes[reused]!.end = this.#end(value, step);
      }
    const { scratchBytes } = this.#traits(node);
    return scratchBytes > 0 ? this.#add(scratchBytes, step, step) : undefined;
  }

  /** Views lie where their owners do. */
  settleViews(graph: Graph): void {
    for (const value of graph.nodes.flatMap((n) => n.outputs)) {
      const buffer = this.bufferOf.get(this.#owner(value));
      if (buffer !== undefined) this.bufferOf.set(value, buffer);
    }
  }

  /** The buffer of an operand that ends here and that no other operand lies in. */
  #reusable(node: Node, step: number): number | undefined {
    const bytes = typeBytes(node.outputs[0]!.type);
    const bufferAt = (i: number) => {
      const value = node.inputs[i];
      return value && this.bufferOf.get(this.#owner(value));
    };
    for (const i of this.#traits(node).inPlace) {
      const buffer = bufferAt(i);
      if (buffer === undefined || typeBytes(node.inputs[i]!.type) !== bytes) continue;
      const isShared = node.inputs.some((_, j) => j !== i && bufferAt(j) === buffer);
      if (!isShared && this.lifetimes[buffer]!.end === step) return buffer;
    }
    return undefined;
  }
}

/** Buffers for the values of a graph, in the order of its nodes, in place where that is safe. */
export function allocate(graph: Graph, traits: TraitsOf): Allocation {
  const steps = graph.nodes.filter((node) => isStep(node, traits));
  const allocator = new Allocator(graph, steps, traits);
  for (const value of graph.inputs) allocator.open(value, 0);
  const scratchOf = steps.map((node, step) => allocator.step(node, step));
  allocator.settleViews(graph);
  return { steps, lifetimes: allocator.lifetimes, bufferOf: allocator.bufferOf, scratchOf };
}
