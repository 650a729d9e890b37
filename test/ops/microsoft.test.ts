/** Operators of ONNX Runtime's own domain against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { largestDifference } from "../support/near.ts";
import { type AttrInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { runOrt } from "../support/ort.ts";
import { Random } from "../support/random.ts";

const random = new Random(15);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -1, 1);

type Tensors = Readonly<Record<string, Tensor>>;
type Attrs = Readonly<Record<string, AttrInput>>;

const caseOf = (op: string, given: Tensors, attrs: Attrs = {}, outputs = ["y"]) => {
  const inputs = Object.keys(given);
  const node: NodeInput = { op, domain: "com.microsoft", inputs, outputs, attrs };
  return { nodes: [node], inputs: given, outputs: outputs.filter((n) => n !== ""), opset: 17 };
};
const run = (...args: Parameters<typeof caseOf>) => expectLikeOrt(caseOf(...args));

describe("functions", () => {
  it("Gelu", () => run("Gelu", { x: tensor(2, 8) }));
  it("QuickGelu", () => run("QuickGelu", { x: tensor(2, 8) }));
  it("QuickGelu of an alpha", () => run("QuickGelu", { x: tensor(2, 8) }, { alpha: { float: 2 } }));
  it("BiasGelu", () => run("BiasGelu", { x: tensor(2, 8), b: tensor(8) }));
  it("FastGelu", () => run("FastGelu", { x: tensor(2, 8) }));
  it("FastGelu with a bias", () => run("FastGelu", { x: tensor(2, 8), b: tensor(8) }));
});

describe("FusedMatMul", () => {
  it.each([
    [{}, [2, 3, 4], [2, 4, 5]],
    [{ transA: 1 }, [2, 4, 3], [2, 4, 5]],
    [{ transB: 1, alpha: { float: 0.5 } }, [2, 3, 4], [2, 5, 4]],
    [{ transBatchA: 1 }, [3, 2, 4], [2, 4, 5]],
    [{ transBatchA: 1, transA: 1, transBatchB: 1 }, [4, 2, 3], [4, 2, 5]],
    [{ transBatchB: 1, transB: 1 }, [2, 3, 4], [5, 2, 4]],
  ] as const)("%j of %j and %j", (attrs, a, b) =>
    run("FusedMatMul", { a: tensor(...a), b: tensor(...b) }, attrs));
});

describe("SkipLayerNormalization", () => {
  const [x, skip, gamma, beta, bias] = [
    ...[tensor(2, 3, 8), tensor(2, 3, 8)],
    ...[tensor(8), tensor(8), tensor(8)],
  ];
  it("of two tensors", () =>
    run("SkipLayerNormalization", { x, skip, gamma }, { epsilon: { float: 1e-5 } }));
  it("with a bias, and the sum", () =>
    run("SkipLayerNormalization", { x, skip, gamma, beta, bias }, { epsilon: { float: 0.01 } }, [
      "y",
      "",
      "",
      "sum",
    ]));
});

/** ONNX Runtime rounds X and the states to integers, too. */
it.each([1, 2])("DynamicQuantizeLSTM in %i directions", async (directions) => {
  const [inputs, hidden] = [4, 6];
  const integers = (...shape: number[]) => random.tensor("int8", shape);
  const scales = tensorOf("float32", [directions], [0.01, 0.008].slice(0, directions));
  const zeros = tensorOf("int8", [directions], [0, 0].slice(0, directions));
  const given: Tensors = {
    x: tensor(5, 1, inputs),
    w: tensorOf(
      "int8",
      [directions, inputs, 4 * hidden],
      numbers(integers(directions, inputs, 4 * hidden)),
    ),
    r: integers(directions, hidden, 4 * hidden),
    ...{ wScale: scales, wZero: zeros, rScale: scales, rZero: zeros },
  };
  const names = ["x", "w", "r", "", "", "", "", "", "wScale", "wZero", "rScale", "rZero"];
  const node: NodeInput = {
    op: "DynamicQuantizeLSTM",
    domain: "com.microsoft",
    inputs: names,
    outputs: ["y"],
    attrs: {
      hidden_size: hidden,
      direction: directions === 2 ? "bidirectional" : "forward",
    },
  };
  const { x, ...constants } = given;
  const _bytes = encodeCase({ nodes: [node], inputs: { x: x! }, constants, opset: 13 });
  const [want] = await runOrt(bytes, { x: x! });
  const [got] = evaluate(readOnnx(writeBytes(bytes), { report: () => {} }), [x!]);
  expect(got!.shape).toEqual(want!.shape);
  expect(largestDifference(numbers(got!), numbers(want!))).toBeLessThan(0.02);
/** Operators of com.microsoft against ONNX Runtime, whose they are. */
import { describe, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { number } from "../support/tensors.ts";
const random = new Random(31);
const domain = "com.microsoft";
/** Inputs `x…` are given, all others are constants, in the order of their names here. */
function run(
  op: string,
  operands: Readonly<Record<string, Tensor | undefined>>,
  attrs: Readonly<Record<string, AttrInput>> = {},
  steps = 1,
): Promise<void> {
  const all = Object.entries(operands);
  const pick = (isGiven: boolean) =>
    Object.fromEntries(
      all.flatMap(([name, t]) => (t && name.startsWith("x") === isGiven ? [[name, t]] : [])),
    );
  const inputs = all.map(([name, t]) => (t ? name : ""));
  const nodes = [{ op, domain, inputs, attrs }];
  return expectLikeOrt({ nodes, inputs: pick(true), constants: pick(false), steps });
}
const bytes = (elem: "int8" | "uint8", ...shape: number[]) => random.tensor(elem, shape);
const floats = (...shape: number[]) => random.tensor("float32", shape);
describe.each(["int8", "uint8"] as const)("%s", (elem) => {
  const zero = (z: number) => number(elem === "int8" ? z - 100 : z, elem);
  const x = { x: bytes(elem, 1, 4, 6, 6), xs: number(0.03), xz: zero(90) };
  const [first, ...rest] = [x.x, number(0.03), zero(90)] as const;
  const result = { ys: number(0.05), yz: zero(110) };
  const one = { x: first, s: rest[0], z: rest[1], ...result };
  it.each(["QLinearAdd", "QLinearMul"])("%s", (op) =>
    run(op, {
      x: first,
      as: rest[0],
      az: rest[1],
      x1: bytes(elem, 4, 1, 1),
      bs: number(0.02),
      bz: zero(100),
      ...result,
    }));
  it("QLinearSigmoid", () => run("QLinearSigmoid", { ...one, ys: number(1 / 256) }));
  it("QLinearLeakyRelu", () => run("QLinearLeakyRelu", one, { alpha: { float: 0.2 } }));
    [{ kernel_shape: [3, 3] }],
    [{ kernel_shape: [2, 3], strides: [2, 1], pads: [1, 1, 0, 1], count_include_pad: 1 }],
    [{ kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, channels_last: 1 }],
  ])("QLinearAveragePool %j", (attrs) => run("QLinearAveragePool", one, attrs));
  it.each([0, 1])("QLinearGlobalAveragePool, channels_last %i", (channels_last) =>
    run("QLinearGlobalAveragePool", one, { channels_last }));
  it("QLinearConcat", () =>
    run(
      "QLinearConcat",
      {
        ...result,
        x: first,
        s: rest[0],
        z: rest[1],
        x2: bytes(elem, 1, 2, 6, 6),
        s2: number(0.07),
        z2: zero(120),
      },
      { axis: 1 },
    ));
    [11, 1],
    [13, -1],
  ])("QLinearSoftmax of opset %i", (opset, axis) =>
    run("QLinearSoftmax", ...one, ys: number(1 / 256), yz: zero(0) , opset, axis ));
  const _product = (transB: number, perColumn: boolean): Record<string, Tensor> => {
    const zeros = tensorOf("int8", perColumn ? [3] : [], new Array(perColumn ? 3 : 1).fill(0));
    return {
      x: bytes(elem, 2, 5),
      s: number(0.03),
      z: zero(90),
      w: bytes("int8", ...(transB ? [3, 5] : [5, 3])),
      ws: perColumn ? random.tensor("float32", [3], 0.01, 0.1) : number(0.02),
      wz: zeros,
      c: random.tensor("int32", [3]),
    };
    [0, false],
    [1, false],
    [0, true],
    [1, true],
  ])("QGemm, transB %i, a scale for each column: %s", (transB, perColumn) =>
    run("QGemm", ...product(transB, perColumn), ys: number(0.4), yz: zero(100) , transB ));
  it("QGemm with a float result", () => run("QGemm", _product(1, false), { transB: 1 }));
it.each([
  ["Relu", []],
  ["Tanh", []],
  ["Sigmoid", []],
  ["LeakyRelu", [0.3]],
  ["Clip", [-0.5, 0.7]],
  ["HardSigmoid", [0.3, 0.4]],
])("FusedConv and %s", (activation, parameters) => {
  let attrs = {
    activation,
    pads: [1, 1, 1, 1],
    ...(parameters.length > 0 && { activation_params: { floats: parameters } }),
  return run("FusedConv", { x: floats(1, 2, 5, 5), w: floats(3, 2, 3, 3), b: floats(3) }, attrs);
it("FusedConv and a sum", () => {
  const operands = { x: floats(1, 2, 5, 5), w: floats(3, 2, 3, 3), b: floats(3) };
  return run("FusedConv", { ...operands, xz: floats(1, 3, 3, 3) }, { activation: "Relu" });
it.each([
  ["Relu", {}],
  ["LeakyRelu", { activation_alpha: { float: 0.3 } }],
])("FusedGemm and %s", (activation, more) =>
  run(
    "FusedGemm",
    { x: floats(2, 4), w: floats(3, 4), c: floats(3) },
    { activation, transB: 1, ...more },
  ));
const packed: readonly [number, number, number, Shape][] = [
  [32, 3, 16, [2, 32]],
  [48, 2, 32, [1, 2, 48]],
];
describe.each(packed)("MatMulNBits, K %i, N %i, blocks of %i", (K, N, block_size, shape) => {
  const blocks = Math.ceil(K / block_size);
  const operands = {
    x: floats(...shape),
    w: random.tensor("uint8", [N, blocks, block_size / 2], 0, 255),
    s: random.tensor("float32", [N * blocks], 0.01, 0.1),
  const attrs = { K, N, bits: 4, block_size };
  it("without zero points", () => run("MatMulNBits", operands, attrs));
  it("with zero points", () => {
    const zeros = random.tensor("uint8", [N * Math.ceil(blocks / 2)], 0, 255);
    return run("MatMulNBits", { ...operands, z: zeros }, attrs);
  });
  it("with a bias", () =>
    run("MatMulNBits", { ...operands, z: undefined, g: undefined, b: floats(N) }, attrs));
});
