/** Before: ONNX's normalisations. After: those that have kernels, and arithmetic. */
import { constant, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { int64s, scalar, tensorOf } from "../../ir/tensor.ts";
import { elementCount, isFloat } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { deviationFloor, layerSize, varianceAxes } from "../../ops/normalise.ts";
import { normalAxis } from "../../ops/operator.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";
import { reshape } from "./values.ts";

type Origins = { readonly origins: readonly string[] };

const ints = (list: readonly number[]): Value => constant(int64s(list));
const number = (x: number): Value => constant(scalar("float32", x));

/** One number a channel, along axis 1 of a tensor of that rank. */
const alongChannels = (v: Value, rank: number): Value =>
  reshape(v, [elementCount(v.type.shape), ...Array.from({ length: rank - 2 }, () => 1)]);

const batchNorm: Rule = {
  name: "batchnorm-of-run-time",
  example: `graph imported "g" {
    %0: float32[2, 3, 2, 2] = Input
    %1: float32[3] = Input
    %2: float32[3] = Constant [1, 2, 0.5]
    %3: float32[2, 3, 2, 2] = BatchNormalization(%0, %1, %1, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("BatchNormalization", undefined, {
    where: (n) =>
      n.inputs.slice(1).some((v) => !constantOf(v)) && n.inputs[0]!.type.shape.length > 1,
  }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [x, scale, bias, mean, variance] = root.inputs as Value[];
    const epsilon = number(num(root, "epsilon", Math.fround(1e-5)));
    const deviation = build("Sqrt", [build("Add", [variance, epsilon], {}, o)], {}, o);
    const factor = build("Div", [scale, deviation], {}, o);
    const rank = x!.type.shape.length;
    const centred = build("Sub", [x, alongChannels(mean!, rank)], {}, o);
    const scaled = build("Mul", [centred, alongChannels(factor, rank)], {}, o);
    return build("Add", [scaled, alongChannels(bias!, rank)], {}, o);
  },
};

/** Deviation from the mean along axes, and its mean square; all axes are kept. */
function variance(x: Value, axes: readonly number[], o: Origins) {
  const mean = build("ReduceMean", [x, ints(axes)], {}, o);
  const centred = build("Sub", [x, mean], {}, o);
  const squares = build("Mul", [centred, centred], {}, o);
  return { mean, centred, variance: build("ReduceMean", [squares, ints(axes)], {}, o) };
}

const layerStatistics: Rule = {
  name: "layernorm-statistics",
  example: `graph imported "g" {
    %0: float32[2, 3, 4] = Input
    %1: float32[3, 4] = Constant random 1
    %2: float32[2, 3, 4], %3: float32[2, 1, 1], %4: float32[2, 1, 1] = LayerNormalization(%0, %1) {axis: 1}
    return %2 as "y", %3 as "mean", %4 as "deviation"
  }`,
  pattern: op("LayerNormalization", undefined, { where: (n) => n.outputs.length > 1 }),
  replace: (m) => {
    const { root, origins } = m;
    const o = { origins };
    const x = root.inputs[0]!;
    const rank = x.type.shape.length;
    const first = normalAxis(num(root, "axis", -1), rank);
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    const y = build("LayerNormalization", root.inputs, root.attrs, o);
    if (!root.outputs.slice(1).some((v) => m.isUsed(v))) return [y];
    const { mean, variance: square } = variance(x, axes, o);
    const epsilon = number(num(root, "epsilon", Math.fround(1e-5)));
    const deviation = build("Sqrt", [build("Add", [square, epsilon], {}, o)], {}, o);
    return [y, mean, build("Reciprocal", [deviation], {}, o)].slice(0, root.outputs.length);
  },
};

const layers = ["LayerNormalization", "RMSNormalization"];

/** A parameter whose numbers are not one for each element of a row. */
const isOdd = (root: Node, v: Value | undefined): boolean => {
  const { shape } = root.inputs[0]!.type;
  return v !== undefined && elementCount(v.type.shape) !== layerSize(shape, root.attrs);
};

const layerParameters: Rule = {
  name: "layernorm-broadcast-parameters",
  example: `graph imported "g" {
    %0: float32[2, 3, 4] = Input
    %1: float32[2, 1, 4] = Input
    %2: float32[2, 3, 4] = LayerNormalization(%0, %1, %1) {axis: 1}
    return %2 as "y"
  }`,
  pattern: op(layers, undefined, {
    where: (n) => n.outputs.length === 1 && n.inputs.slice(1).some((v) => isOdd(n, v)),
  }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [x, scale, bias] = root.inputs as [Value, Value, Value | undefined];
    const { shape } = x.type;
    const size = layerSize(shape, root.attrs);
    const ones = tensorOf(
      "float32",
      [size],
      Array.from({ length: size }, () => 1),
    );
    const axis = normalAxis(num(root, "axis", -1), shape.length);
    const plain = constant({ ...ones, shape: shape.slice(axis) });
    const y = build(root.op, [x, plain], root.attrs, o);
    const scaled = build("Mul", [y, scale], {}, o);
    return bias ? build("Add", [scaled, bias], {}, o) : scaled;
  },
};

const instanceNorm: Rule = {
  name: "instancenorm-to-groupnorm",
  example: `graph imported "g" {
    %0: float32[2, 3, 2, 2] = Input
    %1: float32[3] = Constant [1, -2, 0.5]
    %2: float32[2, 3, 2, 2] = InstanceNormalization(%0, %1, %1)
    return %2 as "y"
  }`,
  pattern: op("InstanceNormalization"),
  replace: ({ root, origins }) => {
    const attrs = { ...root.attrs, num_groups: root.inputs[0]!.type.shape[1]! };
    return build("GroupNormalization", root.inputs, attrs, { origins });
  },
};

const groupParameters: Rule = {
  name: "groupnorm-parameters-of-groups",
  example: `graph imported "g" {
    %0: float32[2, 6, 2, 2] = Input
    %1: float32[3] = Input
    %2: float32[2, 6, 2, 2] = GroupNormalization(%0, %1, %1) {num_groups: 3}
    return %2 as "y"
  }`,
  pattern: op("GroupNormalization", undefined, {
    where: ({ inputs: [x, ...parameters] }) =>
      parameters.some((p) => p!.type.shape[0] !== x!.type.shape[1]),
  }),
  replace: ({ root, origins }) => {
    const [x, ...parameters] = root.inputs as [Value, ...Value[]];
    const [groups, channels] = [num(root, "num_groups"), x.type.shape[1]!];
    const spread = (v: Value): Value => {
      if (v.type.shape[0] === channels) return v;
      const wide = build("Expand", [reshape(v, [groups, 1]), ints([groups, channels / groups])]);
      return reshape(wide, [channels]);
    };
    return build(root.op, [x, ...parameters.map(spread)], root.attrs, { origins });
  },
};

const meanVariance: Rule = {
  name: "mean-variance-norm",
  example: `graph imported "g" {
    %0: float32[2, 3, 2, 2] = Input
    %1: float32[2, 3, 2, 2] = MeanVarianceNormalization(%0)
    return %1 as "y"
  }`,
  pattern: op("MeanVarianceNormalization"),
  replace: ({ root, origins }) => {
    const o = { origins };
    const x = root.inputs[0]!;
    const own = variance(x, varianceAxes(x.type.shape, root.attrs), o);
    const deviation = build("Sqrt", [own.variance], {}, o);
    const above = build("Add", [deviation, number(deviationFloor)], {}, o);
    return build("Div", [own.centred, above], {}, o);
  },
};

/** The least number that is not denormal: what is divided by 0 is 0. */
const leastNormal = 2 ** -126;

const lpNorm: Rule = {
  name: "lp-norm",
  example: `graph imported "g" {
    %0: float32[2, 3, 4] = Input
    %1: float32[2, 3, 4] = LpNormalization(%0) {axis: 1, p: 1}
    return %1 as "y"
  }`,
  pattern: op("LpNormalization"),
  replace: ({ root, origins }) => {
    const o = { origins };
    const x = root.inputs[0]!;
    const axis = normalAxis(num(root, "axis", -1), x.type.shape.length);
    const operator = num(root, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
    const norm = build(operator, [x, ints([axis])], {}, o);
    return build("Div", [x, build("Max", [norm, number(leastNormal)], {}, o)], {}, o);
  },
};

const mean: Rule = {
  name: "mean-to-sum",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: float32[3] = Input
    %2: float32[2, 3] = Mean(%0, %1, %0)
    return %2 as "y"
  }`,
  pattern: op("Mean"),
  replace: ({ root, origins }) => {
    const sum = build("Sum", root.inputs, {}, { origins });
    return build("Mul", [sum, number(1 / root.inputs.length)], {}, { origins });
  },
};

const reductions = ["ReduceL2", "ReduceLogSum", "ReduceLogSumExp"];

const integerReduction: Rule = {
  name: "reduction-of-integers-in-float",
  example: `graph imported "g" {
    %0: int32[2, 3] = Input
    %1: int64[1] = Constant [1]
    %2: int32[2, 1] = ReduceL2(%0, %1)
    return %2 as "y"
  }`,
  pattern: op(reductions, undefined, {
    where: ({ inputs: [x] }) => !isFloat(x!.type.elem) && !x!.type.quant,
  }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [x, axes] = root.inputs;
    const real = build("Cast", [x], { to: onnxCode("float32") }, o);
    const y = build(root.op, [real, axes], root.attrs, o);
    return build("Cast", [y], { to: onnxCode(x!.type.elem) }, o);
  },
};

export const normaliseRules: readonly Rule[] = [
  batchNorm,
  layerStatistics,
  layerParameters,
  instanceNorm,
  groupParameters,
  meanVariance,
  lpNorm,
  mean,
  integerReduction,
];
