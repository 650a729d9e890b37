/**
 * Before: a simplified imported graph. After: constants and pads taken into convolutions and
 * Gemms.
 */
import { type Attrs, constant, ints, num, str, type Value } from "../../ir/graph.ts";
import { float32s, numbers, type Tensor } from "../../ir/tensor.ts";
import { elementCount } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { batchNormalisation } from "../../ops/normalise.ts";
import type { Rule } from "../engine.ts";
import { any, constant as constantPattern, type Match, op, optional } from "../pattern.ts";

/**
 * The constant as one number for each channel, where it varies along the channel axis at most;
 * nothing where it has more elements than that.
 */
export function perChannel(t: Tensor, rank: number, axis: number, channels: number) {
  const list = Array.from(numbers(t));
  if (list.length === 1) return Array.from({ length: channels }, () => list[0]!);
  const sizes = [...Array.from({ length: rank - t.shape.length }, () => 1), ...t.shape];
  const fits = sizes.length === rank && sizes.every((d, i) => d === (i === axis ? channels : 1));
  return fits ? list : undefined;
}

interface Affine {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/** The filter that a weight belongs to, by its index. */
type FilterOf = (index: number) => number;

/** Weights with one filter an outer index. */
const outermost = (w: Tensor): FilterOf => {
  const each = elementCount(w.shape) / w.shape[0]!;
  return (i) => Math.floor(i / each);
};

/** Weights of a ConvTranspose: [channels][filters / group][taps]. */
const secondAxis = (w: Tensor, group: number): FilterOf => {
  const [channels, filters] = [w.shape[0]! / group, w.shape[1]!];
  const taps = elementCount(w.shape.slice(2));
  return (i) => {
    const g = Math.floor(i / (channels * filters * taps));
    return g * filters + (Math.floor(i / taps) % filters);
  };
};

/** Weights and bias with y → y·factor + offset taken in. */
function absorb(
  w: Tensor,
  b: Tensor | undefined,
  { factor, offset }: Affine,
  filterOf: FilterOf = outermost(w),
): [Value, Value] {
  const [ws, bs] = [numbers(w), b && numbers(b)];
  const weights = Float32Array.from(ws, (x, i) => x * factor[filterOf(i)]!);
  const bias = offset.map((o, c) => (bs?.[c] ?? 0) * factor[c]! + o);
  return [
    constant(float32s(w.shape, weights), "weights"),
    constant(float32s([bias.length], bias), "bias"),
  ];
}

function convAffine(m: Match, affine: Affine | undefined): Value | undefined {
  if (affine === undefined) return undefined;
  const { op: name, attrs } = m.node("conv");
  const own = m.tensor("w");
  const filterOf = name === "Conv" ? outermost(own) : secondAxis(own, num({ attrs }, "group", 1));
  const [w, b] = absorb(own, m.maybeTensor("b"), affine, filterOf);
  return build(name, [m.value("x"), w, b], attrs, { origins: m.origins });
}

const conv = op(
  ["Conv", "ConvTranspose"],
  [any("x"), constantPattern("w"), optional(constantPattern("b"))],
  {
    as: "conv",
    onlyUse: true,
  },
);

const batchNorm = (m: Match): Affine =>
  batchNormalisation(
    ["scale", "bias", "mean", "variance"].map((name) => m.tensor(name)),
    num(m.root, "epsilon", 1e-5),
  );

const normOperands = ["scale", "bias", "mean", "variance"].map(constantPattern);

const convBatchNorm: Rule = {
  name: "conv-batchnorm",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: float32[3, 2, 3, 3] = Constant random 1
    %2: float32[3] = Constant [1, -2, 0.5]
    %3: float32[3] = Constant [0.25, 0, 1]
    %4: float32[3] = Constant [0.1, 0.2, 0.3]
    %5: float32[3] = Constant [1, 2, 0.5]
    %6: float32[1, 3, 2, 2] = Conv(%0, %1)
    %7: float32[1, 3, 2, 2] = BatchNormalization(%6, %2, %3, %4, %5) {epsilon: 0.01}
    return %7 as "y"
  }`,
  pattern: op("BatchNormalization", [conv, ...normOperands]),
  replace: (m) => convAffine(m, batchNorm(m)),
};

const channelsOf = (m: Match): number => m.node("conv").outputs[0]!.type.shape[1]!;

const constantAffine = (
  m: Match,
  rank: number,
  axis: number,
  channels: number,
): Affine | undefined => {
  const c = perChannel(m.tensor("c"), rank, axis, channels);
  if (!c) return undefined;
  const [one, zero] = [c.map(() => 1), c.map(() => 0)];
  if (m.root.op === "Mul") return { factor: c, offset: zero };
  if (m.root.op === "Div") return { factor: c.map((x) => 1 / x), offset: zero };
  return { factor: one, offset: m.root.op === "Sub" ? c.map((x) => -x) : c };
};

const convConstant = (operator: string): Rule => ({
  name: `conv-${operator.toLowerCase()}-constant`,
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: float32[3, 2, 3, 3] = Constant random 1
    %2: float32[3, 1, 1] = Constant [1, -2, 0.5]
    %3: float32[1, 3, 2, 2] = Conv(%0, %1)
    %4: float32[1, 3, 2, 2] = ${operator}(%3, %2)
    return %4 as "y"
  }`,
  pattern: op(operator, [conv, constantPattern("c")], {
    commutative: operator === "Add" || operator === "Mul",
  }),
  replace: (m) => {
    const rank = m.root.outputs[0]!.type.shape.length;
    return convAffine(m, constantAffine(m, rank, 1, channelsOf(m)));
  },
});

const matmulAdd: Rule = {
  name: "matmul-add",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: float32[4, 3] = Constant random 1
    %2: float32[3] = Constant [1, -2, 0.5]
    %3: float32[2, 3] = MatMul(%0, %1)
    %4: float32[2, 3] = Add(%3, %2)
    return %4 as "y"
  }`,
  pattern: op("Add", [op("MatMul", [any("x"), any("w")], { onlyUse: true }), any("b")], {
    commutative: true,
  }),
  replace: (m) => {
    const [x, w, b] = [m.value("x"), m.value("w"), m.value("b")];
    const fits =
      x.type.shape.length === 2 &&
      w.type.shape.length === 2 &&
      b.type.shape.length === 1 &&
      b.type.shape[0] === w.type.shape[1] &&
      x.type.elem === "float32";
    return fits ? build("Gemm", [x, w, b], {}, { origins: m.origins }) : undefined;
  },
};

const gemmAdd: Rule = {
  name: "gemm-add",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: float32[3, 4] = Constant random 1
    %2: float32[3] = Constant [1, -2, 0.5]
    %3: float32[2, 3] = Gemm(%0, %1) {transB: 1}
    %4: float32[2, 3] = Add(%3, %2)
    return %4 as "y"
  }`,
  pattern: op("Add", [op("Gemm", [any("x"), any("w")], { as: "gemm", onlyUse: true }), any("b")], {
    commutative: true,
  }),
  replace: (m) => {
    const [b, y] = [m.value("b").type.shape, m.root.outputs[0]!.type.shape];
    if (b.length !== 1 || b[0] !== y[1]) return undefined;
    const operands = [m.value("x"), m.value("w"), m.value("b")];
    return build("Gemm", operands, { ...m.attrs("gemm"), beta: 1 }, { origins: m.origins });
  },
};

/** A batch normalisation behind a Gemm with constant weights stored by filter. */
const gemmBatchNorm: Rule = {
  name: "gemm-batchnorm",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: float32[3, 4] = Constant random 1
    %2: float32[3] = Constant [1, -2, 0.5]
    %3: float32[3] = Constant [0.25, 0, 1]
    %4: float32[3] = Constant [1, 2, 0.5]
    %5: float32[2, 3] = Gemm(%0, %1, %2) {transB: 1}
    %6: float32[2, 3] = BatchNormalization(%5, %2, %3, %3, %4)
    return %6 as "y"
  }`,
  pattern: op("BatchNormalization", [
    op("Gemm", [any("x"), constantPattern("w"), optional(constantPattern("b"))], {
      as: "gemm",
      onlyUse: true,
      where: (n) => num(n, "transB") === 1 && num(n, "alpha", 1) === 1 && num(n, "beta", 1) === 1,
    }),
    ...normOperands,
  ]),
  replace: (m) => {
    const [b, filters] = [m.maybeTensor("b"), m.tensor("w").shape[0]];
    if (b && b.data.length !== filters) return undefined;
    const [w, bias] = absorb(m.tensor("w"), b, batchNorm(m));
    return build("Gemm", [m.value("x"), w, bias], m.attrs("gemm"), { origins: m.origins });
  },
};

const isExplicit = (attrs: Attrs): boolean =>
  ["NOTSET", "VALID", ""].includes(str({ attrs }, "auto_pad", "NOTSET"));

/** Pads in front of a window, as attributes, where they only touch spatial axes with `value`. */
function windowPads(m: Match, value: number): Attrs | undefined {
  const pad = m.node("pad");
  const rank = pad.outputs[0]!.type.shape.length;
  const filled = m.maybeTensor("value");
  const pads = Array.from(numbers(m.tensor("pads")));
  const isSpatial =
    pads.length === 2 * rank && pads.every((p, i) => p >= 0 && (i % rank >= 2 || p === 0));
  const isConstant = str(pad, "mode", "constant") === "constant";
  if (!isSpatial || !isConstant || !isExplicit(m.root.attrs)) return undefined;
  if ((filled ? numbers(filled)[0] : 0) !== value) return undefined;
  const own = ints(m.root, "pads");
  const axes = Array.from({ length: rank - 2 }, (_, i) => i);
  const total = [0, 1].flatMap((half) =>
    axes.map((i) => pads[half * rank + i + 2]! + (own[half * (rank - 2) + i] ?? 0)),
  );
  return { ...m.root.attrs, auto_pad: "NOTSET", pads: total };
}

const padPattern = op(
  "Pad",
  [any("x"), constantPattern("pads"), optional(constantPattern("value"))],
  {
    as: "pad",
  },
);

const padConv: Rule = {
  name: "pad-conv",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: int64[8] = Constant [0, 0, 0, 1, 0, 0, 1, 2]
    %2: float32[3, 2, 3, 3] = Constant random 1
    %3: float32[1, 2, 5, 7] = Pad(%0, %1)
    %4: float32[1, 3, 3, 5] = Conv(%3, %2)
    return %4 as "y"
  }`,
  pattern: op("Conv", [padPattern, any("w"), optional(any("b"))]),
  replace: (m) => {
    const attrs = windowPads(m, 0);
    const operands = [m.value("x"), m.value("w"), m.maybe("b")];
    return attrs && build("Conv", operands, attrs, { origins: m.origins });
  },
};

const padAverage: Rule = {
  name: "pad-averagepool",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: int64[8] = Constant [0, 0, 1, 1, 0, 0, 1, 1]
    %2: float32[1, 2, 6, 6] = Pad(%0, %1)
    %3: float32[1, 2, 4, 4] = AveragePool(%2) {kernel_shape: [3, 3]}
    return %3 as "y"
  }`,
  pattern: op("AveragePool", [padPattern], {
    where: (n) => ints(n, "pads").every((p) => p === 0) && num(n, "ceil_mode") === 0,
  }),
  replace: (m) => {
    const attrs = windowPads(m, 0);
    const counted = attrs && { ...attrs, count_include_pad: 1 };
    return counted && build("AveragePool", [m.value("x")], counted, { origins: m.origins });
  },
};

const padMaximum: Rule = {
  name: "pad-maxpool",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: int64[8] = Constant [0, 0, 1, 1, 0, 0, 1, 1]
    %2: float32[] = Constant [-inf]
    %3: float32[1, 2, 6, 6] = Pad(%0, %1, %2)
    %4: float32[1, 2, 4, 4] = MaxPool(%3) {kernel_shape: [3, 3]}
    return %4 as "y"
  }`,
  pattern: op("MaxPool", [padPattern], { where: (n) => n.outputs.length === 1 }),
  replace: (m) => {
    const attrs = windowPads(m, -Infinity);
    return attrs && build("MaxPool", [m.value("x")], attrs, { origins: m.origins });
  },
};

const close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

const hardSwish: Rule = {
  name: "hardswish",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[8] = HardSigmoid(%0) {alpha: 0.1666666716337204, beta: 0.5}
    %2: float32[8] = Mul(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("Mul", [any("x"), op("HardSigmoid", [any("x")], { as: "gate", onlyUse: true })], {
    commutative: true,
  }),
  replace: (m) => {
    const gate = m.node("gate");
    const fits = close(num(gate, "alpha", 0.2), 1 / 6) && close(num(gate, "beta", 0.5), 0.5);
    return fits ? build("HardSwish", [m.value("x")], {}, { origins: m.origins }) : undefined;
  },
};

/** x · clip(x + 3, 0, 6) / 6, as older exporters write it. */
const hardSwishLong: Rule = {
  name: "hardswish-clip",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[] = Constant [3]
    %2: float32[] = Constant [0]
    %3: float32[] = Constant [6]
    %4: float32[8] = Add(%0, %1)
    %5: float32[8] = Clip(%4, %2, %3)
    %6: float32[8] = Mul(%0, %5)
    %7: float32[8] = Div(%6, %3)
    return %7 as "y"
  }`,
  pattern: op("Div", [
    op(
      "Mul",
      [
        any("x"),
        op(
          "Clip",
          [
            op("Add", [any("x"), constantPattern("three")], { commutative: true, onlyUse: true }),
            constantPattern("zero"),
            constantPattern("six"),
          ],
          { onlyUse: true },
        ),
      ],
      { commutative: true, onlyUse: true },
    ),
    constantPattern("divisor"),
  ]),
  replace: (m) => {
    const is = (name: string, x: number) =>
      Array.from(numbers(m.tensor(name))).every((v) => close(v, x));
    const fits = is("three", 3) && is("zero", 0) && is("six", 6) && is("divisor", 6);
    return fits ? build("HardSwish", [m.value("x")], {}, { origins: m.origins }) : undefined;
  },
};

const swish: Rule = {
  name: "swish",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[8] = Sigmoid(%0)
    %2: float32[8] = Mul(%1, %0)
    return %2 as "y"
  }`,
  pattern: op("Mul", [any("x"), op("Sigmoid", [any("x")], { onlyUse: true })], {
    commutative: true,
  }),
  replace: (m) => build("Swish", [m.value("x")], {}, { origins: m.origins }),
};

export const fuseRules: readonly Rule[] = [
  convBatchNorm,
  ...["Add", "Sub", "Mul", "Div"].map(convConstant),
  matmulAdd,
  gemmAdd,
  gemmBatchNorm,
  padConv,
  padAverage,
  padMaximum,
  hardSwish,
  hardSwishLong,
  swish,
];
