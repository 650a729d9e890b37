/** Operators of com.microsoft against ONNX Runtime, whose they are. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import { runBatch } from "../support/batch.ts";
import { expectNear } from "../support/near.ts";
import { type AttrInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { runOrt } from "../support/ort.ts";
import { Random } from "../support/random.ts";
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
  it("QLinearWhere", () => {
    const mask = { x0: random.tensor("bool", [4, 6, 6]) };
    const second = { x2: bytes(elem, 1, 4, 6, 1), s2: number(0.02), z2: zero(120) };
    return run("QLinearWhere", { ...mask, x: first, s: rest[0], z: rest[1], ...second, ...result });
  });
  it("QLinearSigmoid", () => run("QLinearSigmoid", { ...one, ys: number(1 / 256) }));
  it("QLinearLeakyRelu", () => run("QLinearLeakyRelu", one, { alpha: { float: 0.2 } }));
  it.each([
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
  it.each([
    [11, 1],
    [13, -1],
  ])("QLinearSoftmax of opset %i", (opset, axis) =>
    run("QLinearSoftmax", { ...one, ys: number(1 / 256), yz: zero(0) }, { opset, axis }));

  const product = (transB: number, perColumn: boolean): Record<string, Tensor> => {
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
  };
  it.each([
    [0, false],
    [1, false],
    [0, true],
    [1, true],
  ])("QGemm, transB %i, a scale for each column: %s", (transB, perColumn) =>
    run("QGemm", { ...product(transB, perColumn), ys: number(0.4), yz: zero(100) }, { transB }));
  it("QGemm with a float result", () => run("QGemm", product(1, false), { transB: 1 }));
});

it.each(["int16", "uint16"] as const)("QuantizeLinear and back of %s", async (elem) => {
  const [s, z] = [number(0.001), number(elem === "int16" ? -7 : 900, elem)];
  await run("QuantizeLinear", { x: floats(2, 9), s, z });
  await run("DequantizeLinear", { x: random.tensor(elem, [2, 9]), s, z });
});

it("a table of int16 stays so, and is read in C", async () => {
  const [s, z] = [number(0.001), number(-7, "int16")];
  const table = random.tensor("int16", [9, 4]);
  const nodes: NodeInput[] = [
    { op: "DequantizeLinear", domain, inputs: ["table", "s", "z"], outputs: ["t"] },
    { op: "Gather", inputs: ["t", "x"], outputs: ["y"] },
  ];
  const inputs = { x: tensorOf("int64", [3], [8, 0, 5]) };
  const model = { nodes, inputs, constants: { table, s, z } };
  await expectLikeOrt(model);
  const { program } = compile(writeBytes(encodeCase(model)), { target: "host" });
  const [made] = await runBatch([{ program: program!, inputs: [inputs.x] }]);
  expectNear(made![0]!, (await runOrt(encodeCase(model), inputs))[0]!);
  const [code] = [...program!.emitted.files].find(([name]) => name.endsWith(".c"))!.slice(1);
  expect(code).toMatch(/int16_t \w+\[36\]/);
});

it.each([
  ["Relu", []],
  ["Tanh", []],
  ["Sigmoid", []],
  ["LeakyRelu", [0.3]],
  ["Clip", [-0.5, 0.7]],
  ["HardSigmoid", [0.3, 0.4]],
])("FusedConv and %s", (activation, parameters) => {
  const attrs = {
    activation,
    pads: [1, 1, 1, 1],
    ...(parameters.length > 0 && { activation_params: { floats: parameters } }),
  };
  return run("FusedConv", { x: floats(1, 2, 5, 5), w: floats(3, 2, 3, 3), b: floats(3) }, attrs);
});

it("FusedConv and a sum", () => {
  const operands = { x: floats(1, 2, 5, 5), w: floats(3, 2, 3, 3), b: floats(3) };
  return run("FusedConv", { ...operands, xz: floats(1, 3, 3, 3) }, { activation: "Relu" });
});

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
  };
  const attrs = { K, N, bits: 4, block_size };
  it("without zero points", () => run("MatMulNBits", operands, attrs));
  it("with zero points", () => {
    const zeros = random.tensor("uint8", [N * Math.ceil(blocks / 2)], 0, 255);
    return run("MatMulNBits", { ...operands, z: zeros }, attrs);
  });
  it("with a bias", () =>
    run("MatMulNBits", { ...operands, z: undefined, g: undefined, b: floats(N) }, attrs));
});
