/** Reductions over axes. */
import { num } from "../ir/graph.ts";
import { isBig, newArray, numbers, type Tensor } from "../ir/tensor.ts";
import {
  type ElementType,
  elementBytes,
  isFloat,
  rowMajorStrides,
  type Shape,
} from "../ir/types.ts";
import { constantInts, viewIndex } from "./move.ts";
import {
  computed,
  declaredAttr,
  declaredShape,
  type EvalContext,
  type InferContext,
  normalAxis,
  type Operator,
} from "./operator.ts";
import { attributeToInput } from "./upgrade.ts";

interface Reduction {
  readonly name: string;
  readonly start: number;
  readonly step: (acc: number, x: number) => number;
  readonly finish?: (acc: number, count: number) => number;
  /** Exact on integers; without it they are folded as real numbers and truncated. */
  readonly integer?: Fold;
  /** Of all numbers at once, instead of `step`. */
  readonly fold?: (xs: readonly number[]) => number;
}

interface Fold {
  readonly start: (elem: ElementType) => bigint;
  readonly step: (acc: bigint, x: bigint) => bigint;
  readonly finish?: (acc: bigint, count: bigint) => bigint;
}

const isSigned = (elem: ElementType): boolean => elem.startsWith("int");
const bitsOf = (elem: ElementType): number => (elem === "bool" ? 1 : 8 * elementBytes(elem));
const least = (elem: ElementType): bigint =>
  isSigned(elem) ? -(1n << BigInt(bitsOf(elem) - 1)) : 0n;
const most = (elem: ElementType): bigint =>
  (1n << BigInt(bitsOf(elem) - (isSigned(elem) ? 1 : 0))) - 1n;

/** An integer as the type stores it: the lower bits. */
const wrapped = (x: bigint, elem: ElementType): bigint =>
  isSigned(elem) ? BigInt.asIntN(bitsOf(elem), x) : BigInt.asUintN(bitsOf(elem), x);

const add = (acc: number, x: number): number => acc + x;
const zero = () => 0n;
const sum: Fold = { start: zero, step: (acc, x) => acc + x };

function logSumExp(xs: readonly number[]): number {
  const largest = xs.reduce((m, x) => Math.max(m, x), -Infinity);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(xs.reduce((s, x) => s + Math.exp(x - largest), 0));
}

const reductions: readonly Reduction[] = [
  { name: "Mean", start: 0, step: add, finish: (acc, n) => acc / n },
  { name: "Sum", start: 0, step: add, integer: sum },
  {
    name: "Max",
    start: -Infinity,
    step: Math.max,
    integer: { start: least, step: (acc, x) => (x > acc ? x : acc) },
  },
  {
    name: "Min",
    start: Infinity,
    step: Math.min,
    integer: { start: most, step: (acc, x) => (x < acc ? x : acc) },
  },
  {
    name: "Prod",
    start: 1,
    step: (acc, x) => acc * x,
    integer: { start: () => 1n, step: (acc, x) => acc * x },
  },
  {
    name: "L1",
    start: 0,
    step: (acc, x) => acc + Math.abs(x),
    integer: { start: zero, step: (acc, x) => acc + (x < 0n ? -x : x) },
  },
  { name: "L2", start: 0, step: (acc, x) => acc + x * x, finish: Math.sqrt },
  {
    name: "SumSquare",
    start: 0,
    step: (acc, x) => acc + x * x,
    integer: { start: zero, step: (acc, x) => acc + x * x },
  },
  { name: "LogSum", start: 0, step: add, finish: Math.log },
  { name: "LogSumExp", start: -Infinity, step: Math.max, fold: logSumExp },
];

/** Names of the reductions, without `Reduce`. */
export const reductionNames = reductions.map((r) => r.name);

/** Whether no axes mean all of them, or none. */
const isNoop = (context: InferContext): boolean => num(context, "noop_with_empty_axes") !== 0;

/** The axes that a reduction folds, ascending; none given means all, unless that is a no-op. */
export function reducedAxes(context: InferContext): number[] {
  const rank = context.inputs[0]!.shape.length;
  const isEmpty = context.inputs[1]?.shape[0] === 0;
  const given = context.inputs[1] && !isEmpty ? constantInts(context, 1, "axes") : [];
  if (given.length > 0)
    return [...new Set(given.map((a) => normalAxis(a, rank)))].sort((a, b) => a - b);
  return isNoop(context) ? [] : Array.from({ length: rank }, (_, i) => i);
}

const foldNumbers = (r: Reduction, xs: readonly number[]): number => {
  if (r.fold) return r.fold(xs);
  const acc = xs.reduce((a, x) => r.step(a, x), r.start);
  return r.finish ? r.finish(acc, xs.length) : acc;
};

/** Integers of any width; those of 64 bits exactly. */
function foldIntegers(r: Reduction, x: Tensor, elem: ElementType, at: readonly number[]): bigint {
  const xs = at.map((i) => BigInt(x.data[i]!));
  if (r.name === "Mean") {
    const total = wrapped(xs.reduce(sum.step, 0n), elem);
    return xs.length === 0 ? 0n : total / BigInt(xs.length);
  }
  const { integer } = r;
  if (integer) return wrapped(xs.reduce(integer.step, integer.start(elem)), elem);
  const real = foldNumbers(r, xs.map(Number));
  return Number.isFinite(real) ? BigInt(Math.trunc(real)) : 0n;
}

/** The axes when they are all known; those outside the tensor, at run time only, fold nothing. */
function evaluatedAxes({ inputs, inputTypes, attrs }: Omit<EvalContext, "types" | "profile">) {
  const rank = inputs[0]!.shape.length;
  const given = inputs[1] ? Array.from(numbers(inputs[1])) : [];
  const context = { inputs: inputTypes, attrs, outputCount: 1, constant: (i: number) => inputs[i] };
  if (given.length === 0) return reducedAxes(context);
  const own = given.map((a) => (a < 0 ? a + rank : a)).filter((a) => a >= 0 && a < rank);
  return [...new Set(own)].sort((a, b) => a - b);
}

function evaluateReduction({ inputs, inputTypes, attrs, types }: EvalContext, r: Reduction) {
  const x = inputs[0]!;
  const folded = evaluatedAxes({ inputs, inputTypes, attrs });
  const own = rowMajorStrides(x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !folded.includes(i));
  const shapeOf = (axes: number[]) => axes.map((i) => x.shape[i]!);
  const stepsOf = (axes: number[]) => axes.map((i) => own[i]!);
  const starts = viewIndex(shapeOf(kept), stepsOf(kept));
  const inside = Array.from(viewIndex(shapeOf(folded), stepsOf(folded)));
  const { shape } = types[0]!;
  const data = newArray(
    x.elem,
    shape.reduce((n, d) => n * d, 1),
  );
  // Axes of run time may give other shapes than were declared: then nothing is known of the result.
  if (starts.length !== data.length) return [{ elem: x.elem, shape, data }];
  const from = numbers(x);
  for (const [i, start] of starts.entries()) {
    const at = inside.map((offset) => start + offset);
    if (isFloat(x.elem))
      data[i] = foldNumbers(
        r,
        at.map((k) => from[k]!),
      );
    else if (isBig(data)) data[i] = foldIntegers(r, x, x.elem, at);
    else data[i] = Number(foldIntegers(r, x, x.elem, at));
  }
  return [{ elem: x.elem, shape, data }];
}

/** The shape of the result; the declared one where the axes are those of run time. */
function reducedShape(context: InferContext): Shape {
  const declared = declaredShape(context);
  const { shape } = context.inputs[0]!;
  if (declared && context.inputs[1]?.shape[0] !== 0 && !context.constant(1)) return declared;
  const axes = reducedAxes(context);
  const keep = num(context, "keepdims", 1) !== 0;
  const sizes: number[] = shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return keep ? sizes : sizes.filter((_, i) => !axes.includes(i));
}

const operator = (r: Reduction): Operator => ({
  name: `Reduce${r.name}`,
  level: "any",
  inputs: ["data: T", "axes?: I"],
  outputs: 1,
  attrs: { keepdims: "flag", noop_with_empty_axes: "flag", axes: "ints", ...declaredAttr },
  types: { T: computed, I: ["int64", "int32"] },
  upgrade: (node, opset) =>
    opset < (r.name === "Sum" ? 13 : 18) ? attributeToInput(node, "axes", 1) : node,
  declares: { inputs: [1] },
  infer: (context) => [{ elem: context.inputs[0]!.elem, shape: reducedShape(context) }],
  evaluate: (context) => evaluateReduction(context, r),
});

export const reduceOperators: readonly Operator[] = reductions.map(operator);
