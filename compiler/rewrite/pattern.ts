/** The vocabulary of rewrite rules: what to look for in a graph. */
import { type Attrs, constantOf, type Node, type Value } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";

export type Pattern =
  | { readonly kind: "any"; readonly name: string | undefined }
  | { readonly kind: "constant"; readonly name: string }
  | { readonly kind: "optional"; readonly pattern: Pattern }
  | OpPattern;

export interface OpOptions {
  /** The name under which the match gives the node. */
  readonly as?: string;
  /** Only where nothing else reads the node's result. */
  readonly onlyUse?: boolean;
  /** The two operands in either order. */
  readonly commutative?: boolean;
  readonly where?: (node: Node) => boolean;
}

export interface OpPattern extends OpOptions {
  readonly kind: "op";
  /** Operator names; none means any operator. */
  readonly ops: readonly string[];
  /** Operand patterns; inputs beyond them must be absent. Without any, all inputs match. */
  readonly inputs: readonly Pattern[] | undefined;
}

/** Any value; the same name twice must be the same value. */
export const any = (name?: string): Pattern => ({ kind: "any", name });
export const constant = (name: string): Pattern => ({ kind: "constant", name });
/** An operand that may be absent. */
export const optional = (pattern: Pattern): Pattern => ({ kind: "optional", pattern });

export const op = (
  ops: string | readonly string[],
  inputs?: readonly Pattern[],
  options: OpOptions = {},
): OpPattern => ({ kind: "op", ops: typeof ops === "string" ? [ops] : ops, inputs, ...options });

/** What a pattern found. */
export class Match {
  readonly root: Node;
  readonly #values = new Map<string, Value>();
  readonly #named = new Map<string, Node>();
  /** The nodes that the rule looks inside, the root first. */
  readonly nodes: Node[] = [];
  readonly #useCount: (value: Value) => number;

  constructor(root: Node, useCount: (value: Value) => number) {
    this.root = root;
    this.#useCount = useCount;
  }

  /** The value of that name; it must be one that cannot be absent. */
  value(name: string): Value {
    return this.#values.get(name)!;
  }

  maybe(name: string): Value | undefined {
    return this.#values.get(name);
  }

  tensor(name: string): Tensor {
    return constantOf(this.value(name))!;
  }

  maybeTensor(name: string): Tensor | undefined {
    return constantOf(this.maybe(name));
  }

  node(name: string): Node {
    return this.#named.get(name)!;
  }

  attrs(name: string): Attrs {
    return this.node(name).attrs;
  }

  /** The node that makes a value, for a rule that looks at more than its pattern names. */
  inside(value: Value): Node {
    this.nodes.push(value.node);
    return value.node;
  }

  /** Whether a node or the graph's end reads a value. */
  isUsed(value: Value): boolean {
    return this.#useCount(value) > 0;
  }

  /** Names of the model's nodes behind all matched ones, in order. */
  get origins(): string[] {
    return [...new Set(this.nodes.toReversed().flatMap((n) => n.origins))];
  }

  #bind(name: string | undefined, value: Value): boolean {
    if (name === undefined) return true;
    const bound = this.#values.get(name);
    if (bound === undefined) this.#values.set(name, value);
    return bound === undefined || bound === value;
  }

  #matchOp(pattern: OpPattern, node: Node): boolean {
    if (pattern.ops.length > 0 && !pattern.ops.includes(node.op)) return false;
    if (pattern.where && !pattern.where(node)) return false;
    this.nodes.push(node);
    if (pattern.as) this.#named.set(pattern.as, node);
    const patterns = pattern.inputs;
    if (patterns === undefined) return true;
    const count = Math.max(patterns.length, node.inputs.length);
    for (let i = 0; i < count; i++)
      if (!this.#matchInput(patterns[i], node.inputs[i])) return false;
    return true;
  }

  #matchInput(pattern: Pattern | undefined, value: Value | undefined): boolean {
    if (value === undefined) return pattern === undefined || pattern.kind === "optional";
    if (pattern === undefined) return false;
    switch (pattern.kind) {
      case "optional":
        return this.#matchInput(pattern.pattern, value);
      case "any":
        return this.#bind(pattern.name, value);
      case "constant":
        return constantOf(value) !== undefined && this.#bind(pattern.name, value);
      default:
        if (pattern.onlyUse && this.#useCount(value) !== 1) return false;
        return this.#matchOp(pattern, value.node);
    }
  }

  /** Whether the pattern fits the root; on success the names are bound. */
  run(pattern: OpPattern): boolean {
    return this.#matchOp(pattern, this.root);
  }
}

const swapped = (pattern: OpPattern): OpPattern => ({
  ...pattern,
  inputs: [pattern.inputs![1]!, pattern.inputs![0]!],
});

/** The patterns that stand for one with commutative parts: each such part in both orders. */
export function orders(pattern: OpPattern): OpPattern[] {
  const inner: Pattern[][] = (pattern.inputs ?? []).reduce<Pattern[][]>(
    (lists, input) => {
      const choices = input.kind === "op" ? orders(input) : [input];
      return lists.flatMap((list) => choices.map((choice) => [...list, choice]));
    },
    [[]],
  );
  const whole = pattern.inputs ? inner.map((inputs) => ({ ...pattern, inputs })) : [pattern];
  return pattern.commutative ? whole.flatMap((p) => [p, swapped(p)]) : whole;
}
