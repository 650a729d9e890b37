/** Batch normalisation and reductions. */
import { num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides } from "../ir/types.ts";
import { constantInts, viewIndex } from "./move.ts";
import {
  type EvalContext,
  fail,
  floats,
  type InferContext,
  indices,
  normalAxis,
  type Operator,
} from "./operator.ts";
import { attributeToInput } from "./upgrade.ts";

/** scale · (x − mean) / √(var + epsilon) + bias, as one factor and one offset for each channel. */
export function batchNormalisation(parameters: readonly Tensor[], epsilon: number) {
  const [scale, bias, mean, variance] = parameters.map((t) => t.data as Float32Array);
  const factor = Array.from(scale!, (s, c) => s / Math.sqrt(variance![c]! + epsilon));
  return { factor, offset: factor.map((f, c) => bias![c]! - mean![c]! * f) };
}

const batchNormalization: Operator = {
  name: "BatchNormalization",
  level: "imported",
  inputs: ["X: T", "scale: P", "B: P", "input_mean: S", "input_var: S"],
  outputs: "any",
  attrs: { epsilon: "float", momentum: "float", training_mode: "int", spatial: "int" },
  defaults: { epsilon: Math.fround(1e-5), training_mode: 0, spatial: 1 },
  types: { T: floats },
  upgrade: (node) => {
    const { momentum: ofTraining, ...attrs } = node.attrs;
    return { ...node, attrs };
  },
  infer: ({ inputs, attrs, outputCount }) => {
    const [x, ...parameters] = inputs;
    if (num({ attrs }, "training_mode") !== 0 || outputCount > 1)
      fail("a BatchNormalization in training mode cannot be compiled");
    if (num({ attrs }, "spatial", 1) !== 1) fail("'spatial' 0 is not supported");
    const channels = x!.shape[1] ?? 1;
    const odd = parameters.find((p) => elementCount(p!.shape) !== channels);
    if (odd) fail(`a parameter has shape [${odd.shape}], but the input has ${channels} channels`);
    return [{ elem: x!.elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x, ...parameters], attrs }) => {
    const epsilon = num({ attrs }, "epsilon", 1e-5);
    const { factor, offset } = batchNormalisation(parameters as Tensor[], epsilon);
    const inner = elementCount(x!.shape.slice(2));
    const data = newArray(x!.elem, x!.data.length) as Float32Array;
    for (let i = 0; i < data.length; i++) {
      const c = Math.floor(i / inner) % factor.length;
      data[i] = (x!.data[i] as number) * factor[c]! + offset[c]!;
    }
    return [{ ...x!, data }];
  },
};

interface Reduction {
  readonly name: string;
  readonly start: number;
  readonly step: (acc: number, x: number) => number;
  readonly finish?: (acc: number, count: number) => number;
}

const add = (acc: number, x: number): number => acc + x;
const reductions: readonly Reduction[] = [
  { name: "ReduceMean", start: 0, step: add, finish: (acc, n) => acc / n },
  { name: "ReduceSum", start: 0, step: add },
  { name: "ReduceMax", start: -Infinity, step: Math.max },
  { name: "ReduceMin", start: Infinity, step: Math.min },
  { name: "ReduceProd", start: 1, step: (acc, x) => acc * x },
  { name: "ReduceL1", start: 0, step: (acc, x) => acc + Math.abs(x) },
  { name: "ReduceL2", start: 0, step: (acc, x) => acc + x * x, finish: Math.sqrt },
  { name: "ReduceSumSquare", start: 0, step: (acc, x) => acc + x * x },
  { name: "ReduceLogSum", start: 0, step: add, finish: Math.log },
];

/** The axes that a reduction folds, ascending; none given means all, unless that is a no-op. */
export function reducedAxes(context: InferContext): number[] {
  const rank = context.inputs[0]!.shape.length;
  const given = context.inputs[1] ? constantInts(context, 1, "axes") : [];
  if (given.length > 0) return given.map((a) => normalAxis(a, rank)).sort((a, b) => a - b);
  const noop = num(context, "noop_with_empty_axes") !== 0;
  return noop ? [] : Array.from({ length: rank }, (_, i) => i);
}

function evaluateReduction({ inputs, inputTypes, attrs, types }: EvalContext, r: Reduction) {
  const x = inputs[0]!;
  const context = { inputs: inputTypes, attrs, outputCount: 1, constant: (i: number) => inputs[i] };
  const folded = reducedAxes(context);
  const own = rowMajorStrides(x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !folded.includes(i));
  const shapeOf = (axes: number[]) => axes.map((i) => x.shape[i]!);
  const stepsOf = (axes: number[]) => axes.map((i) => own[i]!);
  const starts = viewIndex(shapeOf(kept), stepsOf(kept));
  const inside = viewIndex(shapeOf(folded), stepsOf(folded));
  const from = numbers(x);
  const values = Array.from(starts, (start) => {
    let acc = r.start;
    for (const offset of inside) acc = r.step(acc, from[start + offset]!);
    return r.finish ? r.finish(acc, inside.length) : acc;
  });
  const data = newArray(x.elem, values.length);
  for (let i = 0; i < values.length; i++)
    data[i] = data instanceof BigInt64Array ? BigInt(Math.trunc(values[i]!)) : values[i]!;
  return [{ elem: x.elem, shape: types[0]!.shape, data }];
}

const reduction = (r: Reduction): Operator => ({
  name: r.name,
  level: "any",
  inputs: ["data: T", "axes?: I"],
  outputs: 1,
  attrs: { keepdims: "int", noop_with_empty_axes: "int", axes: "ints" },
  types: { I: indices },
  upgrade: (node, opset) =>
    opset < (r.name === "ReduceSum" ? 13 : 18) ? attributeToInput(node, "axes", 1) : node,
  infer: (context) => {
    const axes = reducedAxes(context);
    const { elem, shape } = context.inputs[0]!;
    const keep = num(context, "keepdims", 1) !== 0;
    const sizes: number[] = shape.map((d, i) => (axes.includes(i) ? 1 : d));
    return [{ elem, shape: keep ? sizes : sizes.filter((_, i) => !axes.includes(i)) }];
  },
  evaluate: (context) => evaluateReduction(context, r),
});

export const normaliseOperators: readonly Operator[] = [
  batchNormalization,
  ...reductions.map(reduction),
];
