/** Makes nodes whose types follow from their operator. */
import { type Attrs, constantOf, makeNode, type Node, type Value } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { ElementType, Quantization, TensorType } from "../ir/types.ts";
import { checkChoices, fail } from "./operator.ts";
import { operatorOf } from "./registry.ts";

export interface BuildOptions {
  readonly origins?: readonly string[];
  readonly names?: readonly string[];
  readonly outputCount?: number;
  /** A quantised (or other) element type for outputs that have the inferred one of the first. */
  readonly stored?: { readonly elem: ElementType; readonly quant?: Quantization | undefined };
  /** Values known while compiling, where they are not constants of the graph. */
  readonly known?: (value: Value | undefined) => Tensor | undefined;
}

/** The types that an operator gives its outputs. */
export function inferTypes(
  op: string,
  inputs: readonly (Value | undefined)[],
  attrs: Attrs,
  outputCount = 1,
  known: BuildOptions["known"] = constantOf,
): TensorType[] {
  const operator = operatorOf({ op });
  checkChoices(operator.attrs, attrs);
  const types = operator.infer({
    inputs: inputs.map((v) => v?.type),
    attrs,
    outputCount,
    constant: (i) => known(inputs[i]),
  });
  for (const { shape } of types)
    if (shape.some((d) => !(d >= 0))) fail(`its result would have the shape [${shape}]`);
  return types;
}

/** Moved integers keep their scale and zero point. */
function keptType(op: string, inputs: readonly (Value | undefined)[]): BuildOptions["stored"] {
  const first = inputs[0]?.type;
  const keeps = operatorOf({ op }).integer?.output === "same";
  return keeps && first?.quant?.scale.length === 1 ? first : undefined;
}

export function buildNode(
  op: string,
  inputs: readonly (Value | undefined)[],
  attrs: Attrs = {},
  options: BuildOptions = {},
): Node {
  const inferred = inferTypes(op, inputs, attrs, options.outputCount, options.known);
  const stored = options.stored ?? keptType(op, inputs);
  const types = stored
    ? inferred.map((t) =>
        t.elem === inferred[0]!.elem
          ? { elem: stored.elem, shape: t.shape, quant: stored.quant }
          : t,
      )
    : inferred;
  const { names = [], origins = [] } = options;
  return makeNode({ op, inputs, attrs, types, names, origins });
}

/** The only output of a new node. */
export const build = (...args: Parameters<typeof buildNode>): Value =>
  buildNode(...args).outputs[0]!;
