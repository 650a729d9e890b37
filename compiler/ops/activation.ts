/** Clamps and softmax. */
import { num } from "../ir/graph.ts";
import { isBig, newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, perTensor } from "../ir/types.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import { clamp, makeRescale } from "./numerics.ts";
import { computed, type EvalContext, fail, floats, normalAxis, type Operator } from "./operator.ts";
import { elementwiseRows } from "./rows.ts";
import { integerSoftmax, type SoftmaxSpan, softmaxSpan } from "./softmax.ts";

const sameAsInput: Operator["infer"] = ({ inputs }) => [
  { elem: inputs[0]!.elem, shape: inputs[0]!.shape },
];

function clampTensor(x: Tensor, min: number, max: number): Tensor[] {
  if (isBig(x.data)) {
    const data = newArray(x.elem, x.data.length) as BigInt64Array;
    for (let i = 0; i < data.length; i++) data[i] = BigInt(clamp(Number(x.data[i]), min, max));
    return [{ ...x, data }];
  }
  const data = newArray(x.elem, x.data.length) as Float32Array;
  for (let i = 0; i < data.length; i++) data[i] = clamp(x.data[i] as number, min, max);
  return [{ ...x, data }];
}

const relu: Operator = {
  name: "Relu",
  level: "imported",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  infer: sameAsInput,
  evaluate: ({ inputs }) => clampTensor(inputs[0]!, 0, Infinity),
};

/** Opset 6 to 10 gave the bounds as attributes. */
const clip: Operator = {
  name: "Clip",
  level: "imported",
  inputs: ["input: T", "min?: T", "max?: T"],
  outputs: 1,
  attrs: { min: "float", max: "float" },
  types: { T: computed },
  infer: (context) => {
    for (const bound of context.inputs.slice(1))
      if (bound && elementCount(bound.shape) !== 1) fail(`a bound is [${bound.shape}], no scalar`);
    return sameAsInput(context);
  },
  evaluate: ({ inputs: [x, min, max], attrs }) => {
    const high = max ? numbers(max)[0]! : num({ attrs }, "max", Infinity);
    const low = min ? numbers(min)[0]! : num({ attrs }, "min", -Infinity);
    // Where the bounds are the wrong way round, the upper one holds.
    return clampTensor(x!, Math.min(low, high), high);
  },
};

function requantize({ inputs, inputTypes, types, attrs, profile }: EvalContext): Tensor[] {
  const [from, to] = [inputTypes[0]!, types[0]!];
  const { min, max } = integerClamp(attrs, to);
  const [zx, zy] = [from.quant!.zeroPoint[0]!, to.quant!.zeroPoint[0]!];
  const rescale = makeRescale([from.quant!.scale[0]! / to.quant!.scale[0]!], profile);
  const data = newArray(to.elem, inputs[0]!.data.length);
  const x = numbers(inputs[0]!);
  for (let i = 0; i < data.length; i++)
    data[i] = clamp(zy + rescale.apply(x[i]! - zx, 0), min, max);
  return [{ elem: to.elem, shape: to.shape, data }];
}

/** Changes scale, zero point or signedness of stored integers. */
const requantizeOperator: Operator = {
  name: "Requantize",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: clampAttrs,
  infer: sameAsInput,
  evaluate: requantize,
  rows: elementwiseRows,
  integer: { roles: ["activation"], output: "free", evaluate: requantize },
};

/** The lowered Relu and Clip. */
const clampOperator: Operator = {
  name: "Clamp",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: clampAttrs,
  infer: sameAsInput,
  evaluate: ({ inputs, attrs }) => {
    const { min, max } = clampOf(attrs);
    return clampTensor(inputs[0]!, min, max);
  },
  rows: elementwiseRows,
  integer: { roles: ["activation"], output: "free", evaluate: requantize },
};

function softmax(x: Tensor, { outer, size, inner }: SoftmaxSpan, log: boolean): Tensor[] {
  const data = newArray(x.elem, x.data.length) as Float32Array;
  const from = x.data as Float32Array;
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const at = (k: number) => (o * size + k) * inner + i;
      let max = -Infinity;
      for (let k = 0; k < size; k++) max = Math.max(max, from[at(k)]!);
      let sum = 0;
      for (let k = 0; k < size; k++) sum += Math.exp(from[at(k)]! - max);
      for (let k = 0; k < size; k++) {
        const d = from[at(k)]! - max;
        data[at(k)] = log ? d - Math.log(sum) : Math.exp(d) / sum;
      }
    }
  return [{ ...x, data }];
}

const softmaxOperator = (name: string, log: boolean): Operator => ({
  name,
  level: "any",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { axis: "int" },
  types: { T: floats },
  /** Before opset 13 the operator flattened the axes behind `axis` into one. */
  upgrade: (node, opset) => {
    if (opset >= 13) return node;
    const rank = node.inputs[0]?.type.shape.length ?? 0;
    const axis = normalAxis(num(node, "axis", 1), rank);
    return { ...node, attrs: { axis, ...(axis + 1 < rank && { axis_end: rank }) } };
  },
  infer: (context) => {
    normalAxis(num(context, "axis", -1), context.inputs[0]!.shape.length);
    return sameAsInput(context);
  },
  evaluate: (context) => {
    const x = context.inputs[0]!;
    return softmax(x, softmaxSpan(x.shape, context.attrs), log);
  },
  ...(!log && {
    integer: {
      roles: ["activation"],
      output: perTensor(1 / 256, -128),
      accepts: ([x], y) =>
        y.quant!.scale[0] === 1 / 256 && y.quant!.zeroPoint[0] === -128 && x !== undefined,
      evaluate: integerSoftmax,
    },
  }),
});

export const activationOperators: readonly Operator[] = [
  relu,
  clip,
  clampOperator,
  requantizeOperator,
  softmaxOperator("Softmax", false),
  softmaxOperator("LogSoftmax", true),
];
