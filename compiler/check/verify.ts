/**
 * What every graph must be; a violation is a fault of mote's own, except where an accumulator is
 * too small.
 */
import type { Graph, Level, Node, Value } from "../ir/graph.ts";
import { isState, statesOf } from "../ir/states.ts";
import { elementCount, sameShape, sameType, type TensorType, typeText } from "../ir/types.ts";
import { inferTypes } from "../ops/build.ts";
import { OperatorError } from "../ops/operator.ts";
import { findOperator } from "../ops/registry.ts";

export interface Violation {
  readonly node: Node;
  readonly problem: string;
}

const isStructural = (node: Node): boolean => node.op === "Input" || node.op === "Constant";

function checkOperator(node: Node, level: Level): string | undefined {
  const operator = findOperator(node.op);
  if (!operator) return `unknown operator '${node.op}'`;
  const stage = level === "planned" ? "lowered" : level;
  const fits = operator.level === "any" || operator.level === stage;
  return fits ? undefined : `'${node.op}' does not belong in a ${level} graph`;
}

/** The types of the outputs, or why there are none. */
function inferred({ op, inputs, attrs, outputs }: Node): readonly TensorType[] | string {
  try {
    return inferTypes(op, inputs, attrs, outputs.length);
  } catch (problem) {
    if (problem instanceof OperatorError) return problem.message;
    throw problem;
  }
}

/**
 * The stated shapes must be those that the operator infers. In an imported graph the reader
 * inferred them, from shape arithmetic that is not yet folded.
 */
function checkShapes(node: Node, level: Level): string | undefined {
  if (level === "imported") return undefined;
  const types = inferred(node);
  if (typeof types === "string") return types;
  const odd = node.outputs.findIndex(
    (v, i) => !types[i] || !sameShape(v.type.shape, types[i].shape),
  );
  return odd < 0
    ? undefined
    : `output ${odd} is ${typeText(node.outputs[odd]!.type)}, not ${typeText(types[odd]!)}`;
}

function checkQuantization({ type }: Value): string | undefined {
  const { quant, shape } = type;
  if (!quant) return undefined;
  const count = quant.scale.length;
  if (quant.zeroPoint.length !== count) return "scales and zero points differ in number";
  if (count > 1 && shape[quant.axis ?? 0] !== count)
    return `${count} scales do not fit ${typeText(type)}`;
  return quant.scale.some((s) => !(s > 0 && s < Infinity)) ? "a scale is not positive" : undefined;
}

function checkConstant(node: Node): string | undefined {
  const tensor = node.attrs.value as { data: ArrayLike<unknown> } | undefined;
  const count = elementCount(node.outputs[0]!.type.shape);
  return tensor?.data.length === count
    ? undefined
    : `a constant of ${count} elements has other data`;
}

function checkStates(graph: Graph): Violation[] {
  const { inputs, outputs } = graph;
  const first = inputs.findIndex(isState);
  if (first < 0) return [];
  const { node } = inputs[first]!;
  if (!inputs.slice(first).every(isState))
    return [{ node, problem: "an input follows this state: states are the last inputs" }];
  if (outputs.length < inputs.length - first)
    return [{ node, problem: "states need an output each, after the others" }];
  return statesOf(graph).flatMap(({ value, next, initial }): Violation[] => {
    const { node, type } = value;
    if (initial.elem !== type.elem || !sameShape(initial.shape, type.shape))
      return [{ node, problem: `the state begins as ${typeText(initial)}, not ${typeText(type)}` }];
    // Without a quantisation a type says what is stored alone.
    const quant = next.type.quant && type.quant;
    if (sameType({ ...next.type, quant }, { ...type, quant: quant && type.quant })) return [];
    const problem = `the state is ${typeText(type)} and becomes ${typeText(next.type)}`;
    return [{ node, problem }];
  });
}

/** Everything that is wrong with a graph; empty for a sound one. */
export function verify(graph: Graph): Violation[] {
  const seen = new Set<Value>();
  const violations: Violation[] = [];
  for (const node of graph.nodes) {
    const problems = [
      node.inputs.some((v) => v && !seen.has(v)) ? "reads a value that is made later" : undefined,
      ...(isStructural(node)
        ? []
        : [checkOperator(node, graph.level) ?? checkShapes(node, graph.level)]),
      node.op === "Constant" ? checkConstant(node) : undefined,
      ...node.outputs.map(checkQuantization),
    ];
    for (const problem of problems) if (problem) violations.push({ node, problem });
    for (const value of node.outputs) seen.add(value);
  }
  return [...violations, ...checkStates(graph)];
}

/** Integer operators whose accumulator could leave 32 bits for some input. */
export function overflowing(graph: Graph): Violation[] {
  return graph.nodes.flatMap((node) => {
    if (isStructural(node) || !node.inputs[0]?.type.quant) return [];
    const bound = findOperator(node.op)?.integer?.accumulatorBound?.(node) ?? 0;
    return bound < 2 ** 31 ? [] : [{ node, problem: `an accumulator can reach ${bound}` }];
  });
}
