/**
 * Operators of com.microsoft, which ONNX Runtime's quantiser writes, as ONNX's own: quantised ones
 * as their float operator between DequantizeLinear and QuantizeLinear.
 */
import { type Attrs, constant, constantOf, num, str, type Value } from "../../ir/graph.ts";
import { float32s, numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { type ElementType, isFloat } from "../../ir/types.ts";
import { fail, floats } from "../../ops/operator.ts";
import { onnxCode } from "../../ops/typing.ts";
import { autoPads, convolutionAttrs } from "../../ops/window.ts";
import { type Composed, type Expansion, required } from "./expansion.ts";

const bytes: readonly ElementType[] = ["int8", "uint8"];
const singles: readonly ElementType[] = ["float32"];

/** The tensor at an input, with the scale and zero point behind it, as float. */
const dequantized = (node: Expansion, at: number, attrs: Attrs = {}): Value =>
  node.make(
    "DequantizeLinear",
    [required(node, at), required(node, at + 1), node.inputs[at + 2]],
    attrs,
  );

/** Stored with the scale at an input and the zero point behind it. */
const quantized = (node: Expansion, y: Value, at: number): Value =>
  node.make("QuantizeLinear", [y, required(node, at), node.inputs[at + 1]]);

const chosen = (attrs: Attrs, names: Iterable<string>): Attrs => {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(attrs).filter(([name]) => wanted.has(name)));
};

const binary = (op: string): Composed => ({
  inputs: [
    "A: T",
    "A_scale: S",
    "A_zero_point?: T",
    "B: T",
    "B_scale: S",
    "B_zero_point?: T",
    "C_scale: S",
    "C_zero_point?: T",
  ],
  types: { T: bytes, S: singles },
  attrs: {},
  expand: (node) => quantized(node, node.make(op, [dequantized(node, 0), dequantized(node, 3)]), 6),
});

const oneOperand = [
  ...["X: T", "X_scale: S", "X_zero_point?: T"],
  ...["Y_scale: S", "Y_zero_point?: T"],
] as const;

const unary = (op: string, attrs: Composed["attrs"] = {}): Composed => ({
  inputs: oneOperand,
  types: { T: bytes, S: singles },
  attrs,
  expand: (node) => quantized(node, node.make(op, [dequantized(node, 0)], node.attrs), 3),
});

const toPlanes = [0, 3, 1, 2];
const toPixels = [0, 2, 3, 1];

/** Pools of images, channels first unless `channels_last` says otherwise. */
const pool = (op: string, own: Composed["attrs"]): Composed => ({
  inputs: oneOperand,
  types: { T: bytes, S: singles },
  attrs: { ...own, channels_last: "flag" },
  expand: (node) => {
    const isLast = num(node, "channels_last") === 1;
    const x = dequantized(node, 0);
    if (isLast && x.type.shape.length !== 4) fail("'channels_last' is for images");
    const planes = isLast ? node.make("Transpose", [x], { perm: toPlanes }) : x;
    const y = node.make(op, [planes], chosen(node.attrs, Object.keys(own)));
    return quantized(node, isLast ? node.make("Transpose", [y], { perm: toPixels }) : y, 3);
  },
});

const poolAttrs = {
  auto_pad: autoPads,
  ceil_mode: "flag",
  count_include_pad: "flag",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

const softmax: Composed = {
  inputs: oneOperand,
  types: { T: bytes, S: singles },
  attrs: { axis: "int", opset: "int" },
  expand: (node) => {
    const attrs = chosen(node.attrs, ["axis"]);
    const y = node.make("Softmax", [dequantized(node, 0)], attrs, {
      opset: num(node, "opset", 13),
    });
    return quantized(node, y, 3);
  },
};

/** Scale and zero point of the result, then three inputs for each operand. */
const concat: Composed = {
  inputs: ["Y_scale: S", "Y_zero_point: T", "inputs*: any"],
  types: { T: bytes, S: singles },
  attrs: { axis: "int" },
  expand: (node) => {
    const count = (node.inputs.length - 2) / 3;
    if (!Number.isInteger(count)) fail("an operand lacks its scale or zero point");
    const operands = Array.from({ length: count }, (_, i) => dequantized(node, 2 + 3 * i));
    return quantized(node, node.make("Concat", operands, node.attrs), 0);
  },
};

/** The int32 addend of a product, whose scale is that of the products. */
function addend(node: Expansion, factor: number): Value | undefined {
  const c = node.inputs[6];
  if (!c) return undefined;
  const [a, b] = [required(node, 1), required(node, 4)];
  const [as, bs] = [constantOf(a), constantOf(b)];
  if (!as || !bs) fail("its addend needs scales that are known while compiling");
  const [one] = Array.from(numbers(as)) as [number];
  const scale = float32s(
    bs.shape,
    Float32Array.from(numbers(bs), (s) => s * one * factor),
  );
  const axis = c.type.shape.length - 1;
  return node.make("DequantizeLinear", [c, constant(scale)], axis >= 0 ? { axis } : {});
}

/** A Gemm whose result is float where it has no scale. */
const qgemm: Composed = {
  inputs: [
    "A: TA",
    "a_scale: S",
    "a_zero_point?: TA",
    "B: TB",
    "b_scale: S",
    "b_zero_point?: TB",
    "C?: TC",
    "y_scale?: S",
    "y_zero_point?: TY",
  ],
  types: { TA: bytes, TB: bytes, TC: ["int32"], TY: bytes, S: singles },
  attrs: { alpha: "float", transA: "flag", transB: "flag" },
  expand: (node) => {
    const columns = { axis: num(node, "transB") === 0 ? 1 : 0 };
    const [a, b] = [dequantized(node, 0), dequantized(node, 3, columns)];
    const y = node.make("Gemm", [a, b, addend(node, num(node, "alpha", 1))], node.attrs);
    return node.inputs[7] ? quantized(node, y, 7) : y;
  },
};

/** Activations by name, with their parameters in order. */
const activations: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Tanh: [],
  Sigmoid: [],
  LeakyRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
};

const activationNames = ["", "Clip", ...Object.keys(activations)];

function activated({ attrs, make }: Expansion, y: Value, parameters: readonly unknown[]): Value {
  const name = str({ attrs }, "activation");
  const given = parameters as readonly (number | undefined)[];
  if (name === "") return y;
  const [low, high] = given.map((p) => (p === undefined ? p : constant(scalar("float32", p))));
  if (name === "Clip") return make("Clip", [y, low, high]);
  const own = activations[name]!.flatMap((n, i) => (given[i] === undefined ? [] : [[n, given[i]]]));
  return make(name, [y], Object.fromEntries(own));
}

/** A convolution, what is added to it, and its activation. */
const fusedConv: Composed = {
  inputs: ["X: T", "W: T", "B?: T", "Z?: T"],
  types: { T: floats },
  attrs: { ...convolutionAttrs, activation: activationNames, activation_params: "floats" },
  expand: (node) => {
    const { inputs, attrs, make } = node;
    const y = make("Conv", inputs.slice(0, 3), chosen(attrs, Object.keys(convolutionAttrs)));
    const sum = inputs[3] ? make("Add", [y, inputs[3]]) : y;
    return activated(node, sum, (attrs.activation_params as readonly number[] | undefined) ?? []);
  },
};

const gemmAttrs = { alpha: "float", beta: "float", transA: "flag", transB: "flag" } as const;

const fusedGemm: Composed = {
  inputs: ["A: T", "B: T", "C?: T"],
  types: { T: floats },
  attrs: {
    ...gemmAttrs,
    activation: activationNames,
    activation_alpha: "float",
    activation_beta: "float",
    activation_gamma: "float",
  },
  expand: (node) => {
    const { inputs, attrs, make } = node;
    const y = make("Gemm", inputs, chosen(attrs, Object.keys(gemmAttrs)));
    return activated(node, y, [attrs.activation_alpha, attrs.activation_beta]);
  },
};

// ---- weights of a few bits ----

/** Element i of the bytes' fields of so many bits, the lowest bits first. */
const fieldOf = (bytes: ArrayLike<number>, i: number, bits: number): number => {
  const each = 8 / bits;
  return (bytes[Math.floor(i / each)]! >> ((i % each) * bits)) & (2 ** bits - 1);
};

/** The zero point of a block of a column: packed, each column from a byte on, or a float each. */
function zeroPoints(t: Tensor | undefined, blocks: number, bits: number) {
  if (!t) return () => 2 ** (bits - 1);
  const list = numbers(t);
  if (isFloat(t.elem)) return (n: number, block: number) => list[n * blocks + block]!;
  const row = Math.ceil((blocks * bits) / 8) * (8 / bits);
  return (n: number, block: number) => fieldOf(list, n * row + block, bits);
}

const known = (node: Expansion, at: number, what: string): Tensor =>
  constantOf(node.inputs[at]) ?? fail(`${what} must be known while compiling`);

/** Weights [N][blocks][bytes of a block] as floats [K][N]. */
function unpacked(node: Expansion): Value {
  const [k, n] = [num(node, "K"), num(node, "N")];
  const [bits, size] = [num(node, "bits", 4), num(node, "block_size")];
  if (![2, 4, 8].includes(bits)) fail(`weights of ${bits} bits are not supported`);
  if (!(k > 0 && n > 0 && size > 0)) fail("'K', 'N' and 'block_size' must be positive");
  const [packed, scales] = [known(node, 1, "'B'"), known(node, 2, "'scales'")];
  const blocks = Math.ceil(k / size);
  const column = blocks * Math.ceil((size * bits) / 8) * (8 / bits);
  if (packed.data.length !== (n * column * bits) / 8 || scales.data.length !== n * blocks)
    fail(`'B' [${packed.shape}] and 'scales' [${scales.shape}] do not fit [${k}, ${n}]`);
  const zeroAt = zeroPoints(node.inputs[3] && known(node, 3, "'zero_points'"), blocks, bits);
  const order = node.inputs[4] && numbers(known(node, 4, "'g_idx'"));
  const [bytes, factors] = [numbers(packed), numbers(scales)];
  const data = new Float32Array(k * n);
  for (let i = 0; i < k; i++) {
    const block = order?.[i] ?? Math.floor(i / size);
    if (!(block >= 0 && block < blocks)) fail(`'g_idx' asks for block ${block} of ${blocks}`);
    for (let c = 0; c < n; c++)
      data[i * n + c] =
        (fieldOf(bytes, c * column + i, bits) - zeroAt(c, block)) * factors[c * blocks + block]!;
  }
  return constant(tensorOf(scales.elem, [k, n], data), node.inputs[1]!.name);
}

const matMulNBits: Composed = {
  inputs: ["A: T", "B: W", "scales: T", "zero_points?: Z", "g_idx?: I", "bias?: T"],
  types: { T: floats, W: ["uint8", "int32"], I: ["int32"] },
  attrs: { K: "int", N: "int", accuracy_level: "int", bits: "int", block_size: "int" },
  limits: "its weights are unpacked and held as floats",
  expand: (node) => {
    const y = node.make("MatMul", [required(node, 0), unpacked(node)]);
    return node.inputs[5] ? node.make("Add", [y, node.inputs[5]]) : y;
  },
};

const where: Composed = {
  inputs: [
    "condition: C",
    "X: T",
    "X_scale: S",
    "X_zero_point?: T",
    "Y: T",
    "Y_scale: S",
    "Y_zero_point?: T",
    "z_scale: S",
    "z_zero_point?: T",
  ],
  types: { C: ["bool"], T: bytes, S: singles },
  attrs: {},
  expand: (node) => {
    const operands = [required(node, 0), dequantized(node, 1), dequantized(node, 4)];
    return quantized(node, node.make("Where", operands), 7);
  },
};

/** Products of integers, as floats. */
function scaledProduct(
  { make }: Expansion,
  [a, b]: readonly [Value, Value],
  scales: readonly [Value, Value],
  zeros: readonly (Value | undefined)[],
  bias: Value | undefined,
): Value {
  const sums = make("MatMulInteger", [a, b, ...zeros]);
  const products = make("Cast", [sums], { to: onnxCode("float32") });
  const y = make("Mul", [products, make("Mul", [...scales])]);
  return bias ? make("Add", [y, bias]) : y;
}

const pair = (node: Expansion, at: number): readonly [Value, Value] => [
  required(node, at),
  required(node, at + 1),
];

const matMulIntegerToFloat: Composed = {
  inputs: [
    "A: TA",
    "B: TB",
    "a_scale: S",
    "b_scale: S",
    "a_zero_point?: TA",
    "b_zero_point?: TB",
    "bias?: S",
  ],
  types: { TA: bytes, TB: bytes, S: singles },
  attrs: {},
  expand: (node) => {
    const [, , , , aZero, bZero, bias] = node.inputs;
    const [operands, scales] = [pair(node, 0), pair(node, 2)];
    return scaledProduct(node, operands, scales, [aZero, bZero], bias);
  },
};

/** The left operand is made integers by its own range. */
const dynamicQuantizeMatMul: Composed = {
  inputs: ["A: S", "B: TB", "b_scale: S", "b_zero_point?: TB", "bias?: S"],
  types: { TB: bytes, S: singles },
  attrs: {},
  expand: (node) => {
    const [b, scale] = pair(node, 1);
    const [, , , zero, bias] = node.inputs;
    const operands = [required(node, 0)];
    const made = node.make("DynamicQuantizeLinear", operands, {}, { outputCount: 3 });
    const [a, aScale, aZero] = made.node.outputs as [Value, Value, Value];
    return scaledProduct(node, [a, b], [aScale, scale], [aZero, zero], bias);
  },
};

/** ONNX's operator of that name, which took these types later. */
const same = (op: string): Composed => ({
  inputs: ["x: T", "scale: S", "zero_point?: Z"],
  attrs: { axis: "int" },
  expand: (node) => node.make(op, node.inputs, node.attrs),
});

/** By name in the domain. */
export const microsoft: Readonly<Record<string, Composed>> = {
  DequantizeLinear: same("DequantizeLinear"),
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  MatMulNBits: matMulNBits,
  QGemm: qgemm,
  QLinearAdd: binary("Add"),
  QLinearAveragePool: pool("AveragePool", poolAttrs),
  QLinearConcat: concat,
  QLinearGlobalAveragePool: pool("GlobalAveragePool", {}),
  QLinearLeakyRelu: unary("LeakyRelu", { alpha: "float" }),
  QLinearMul: binary("Mul"),
  QLinearSigmoid: unary("Sigmoid"),
  QLinearSoftmax: softmax,
  QLinearWhere: where,
  QuantizeLinear: same("QuantizeLinear"),
};
