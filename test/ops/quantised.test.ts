/** ONNX's quantised operators against ONNX Runtime, which does not optimise them here. */
import { describe, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { ElementType, Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { f32, number } from "../support/tensors.ts";

const random = new Random(9);
const bytes = (elem: "int8" | "uint8", ...shape: number[]) => random.tensor(elem, shape);
const zeroOf = (elem: ElementType) => number(elem === "uint8" ? 117 : -11, elem);
const zeros = (elem: ElementType, count: number) =>
  tensorOf(
    elem,
    [count],
    Array.from({ length: count }, () => random.int(0, 20)),
  );
const scales = (count: number) => random.tensor("float32", [count], 0.01, 0.1);

describe.each(["int8", "uint8"] as const)("QuantizeLinear and DequantizeLinear of %s", (elem) => {
  const wide = random.tensor("float32", [2, 3, 5], -9, 9);
  const quantize = (constants: Record<string, Tensor>, attrs = {}, x = wide, opset = 13) =>
    expectLikeOrt({
      nodes: [{ op: "QuantizeLinear", inputs: ["x", ...Object.keys(constants)], attrs }],
      inputs: { x },
      constants,
      opset,
    });
  const dequantize = (constants: Record<string, Tensor>, attrs = {}, opset = 13) =>
    expectLikeOrt({
      nodes: [{ op: "DequantizeLinear", inputs: ["x", ...Object.keys(constants)], attrs }],
      inputs: { x: bytes(elem, 2, 3, 5) },
      constants,
      opset,
    });

  it.each([10, 13, 19, 21])("quantises, opset %i", (opset) =>
    quantize({ s: number(0.05), z: zeroOf(elem) }, {}, wide, opset));
  it("rounds ties to even and saturates", () => {
    const x = f32(-200, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 126.5, 127.5, 128.5, 300, 1e20, -1e20);
    return quantize({ s: number(1), z: number(0, elem) }, {}, x);
  });
  it.each([0, 1, 2, -1])("quantises by axis %i", (axis) => {
    const count = [2, 3, 5].at(axis)!;
    return quantize({ s: scales(count), z: zeros(elem, count) }, { axis });
  });
  it.each([10, 13, 19, 21])("dequantises, opset %i", (opset) =>
    dequantize({ s: number(0.05), z: zeroOf(elem) }, {}, opset));
  it.each([0, 1, 2, -1])("dequantises by axis %i", (axis) => {
    const count = [2, 3, 5].at(axis)!;
    return dequantize({ s: scales(count), z: zeros(elem, count) }, { axis });
  });
  if (elem === "uint8") it("dequantises without zero point", () => dequantize({ s: number(0.05) }));
});

it("QuantizeLinear without zero point makes uint8", () =>
  expectLikeOrt({
    nodes: [{ op: "QuantizeLinear", inputs: ["x", "s"] }],
    inputs: { x: f32(-1, 0, 1, 20) },
    constants: { s: number(0.1) },
  }));

it("DequantizeLinear of int32", () =>
  expectLikeOrt({
    nodes: [{ op: "DequantizeLinear", inputs: ["x", "s"] }],
    inputs: { x: random.tensor("int32", [4]) },
    constants: { s: number(0.001) },
  }));

interface Kinds {
  readonly x: "int8" | "uint8";
  readonly w: "int8" | "uint8";
  readonly perFilter: boolean;
  readonly bias: boolean;
}

const kinds: readonly Kinds[] = [
  { x: "uint8", w: "int8", perFilter: false, bias: true },
  { x: "uint8", w: "int8", perFilter: true, bias: true },
  { x: "uint8", w: "uint8", perFilter: false, bias: false },
  { x: "int8", w: "int8", perFilter: true, bias: true },
  { x: "int8", w: "int8", perFilter: false, bias: false },
];

/** Operands of a QLinear operator behind its input `x`, in order. */
function operands(k: Kinds, w: Tensor, count: number): Record<string, Tensor> {
  const zero = k.w === "int8" ? 0 : 130;
  const zw = k.perFilter ? tensorOf(k.w, [count], Array(count).fill(zero)) : number(zero, k.w);
  return {
    xs: number(0.05),
    xz: zeroOf(k.x),
    w,
    ws: k.perFilter ? scales(count) : number(0.02),
    wz: zw,
    ys: number(0.3),
    yz: zeroOf(k.x),
  };
}

describe.each(kinds)("QLinearConv %j", (k) => {
  const conv = (x: Shape, w: Shape, attrs: Record<string, AttrInput>) => {
    const constants = {
      ...operands(k, bytes(k.w, ...w), w[0]!),
      ...(k.bias && { b: random.tensor("int32", [w[0]!]) }),
    };
    const inputs = ["x", ...Object.keys(constants)];
    const nodes = [{ op: "QLinearConv", inputs, attrs }];
    return expectLikeOrt({ nodes, inputs: { x: bytes(k.x, ...x) }, constants, steps: 1 });
  };
  it("plain", () => conv([1, 3, 5, 6], [4, 3, 3, 3], {}));
  it("padded and strided", () =>
    conv([1, 3, 5, 6], [4, 3, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }));
  it("depthwise", () => conv([1, 4, 5, 6], [4, 1, 3, 3], { group: 4, pads: [1, 0, 0, 1] }));
});

describe.each(kinds.filter((k) => !k.bias && !k.perFilter))("QLinearMatMul %j", (k) => {
  it.each([
    [
      [2, 4],
      [4, 3],
    ],
    [
      [2, 3, 4],
      [4, 3],
    ],
    [
      [2, 3, 4],
      [2, 4, 3],
    ],
  ])("%j %j", (a, b) => {
    const constants = operands(k, bytes(k.w, ...b), 3);
    const nodes = [{ op: "QLinearMatMul", inputs: ["x", ...Object.keys(constants)] }];
    return expectLikeOrt({ nodes, inputs: { x: bytes(k.x, ...a) }, constants, steps: 1 });
  });
});

describe.each([
  ["uint8", "uint8"],
  ["uint8", "int8"],
  ["int8", "int8"],
] as const)("integer products of %s and %s", (x, w) => {
  const given = { x: bytes(x, 1, 4) };
  const zx = zeroOf(x);
  it("MatMulInteger", () => {
    const constants = { w: bytes(w, 4, 3), zx, zw: number(3, w) };
    const nodes = [{ op: "MatMulInteger", inputs: ["x", "w", "zx", "zw"] }];
    return expectLikeOrt({ nodes, inputs: given, constants });
  });
  it("MatMulInteger without zero points", () => {
    const constants = { w: bytes(w, 4, 3) };
    return expectLikeOrt({
      nodes: [{ op: "MatMulInteger", inputs: ["x", "w"] }],
      inputs: given,
      constants,
    });
  });
  it("MatMulInteger with a zero point for each column", () => {
    const constants = { w: bytes(w, 4, 3), zx, zw: zeros(w, 3) };
    const nodes = [{ op: "MatMulInteger", inputs: ["x", "w", "zx", "zw"] }];
    return expectLikeOrt({ nodes, inputs: given, constants });
  });
});

/** ONNX Runtime has it for uint8 inputs only. */
it.each(["uint8", "int8"] as const)("ConvInteger of uint8 and %s", (w) => {
  const constants = { w: bytes(w, 3, 2, 3, 3), zx: zeroOf("uint8"), zw: number(3, w) };
  const nodes = [
    { op: "ConvInteger", inputs: ["x", "w", "zx", "zw"], attrs: { pads: [1, 1, 1, 1] } },
  ];
  return expectLikeOrt({ nodes, inputs: { x: bytes("uint8", 1, 2, 5, 5) }, constants });
});

describe.each([
  ["int8", 13],
  ["uint8", 13],
  ["int16", 21],
  ["uint16", 21],
] as const)("scales and zero points at run time, %s", (elem, opset) => {
  const x = random.tensor("float32", [2, 3, 5], -9, 9);
  const q = random.tensor(elem, [2, 3, 5], 0, 100);
  const one = { s: number(0.05), z: number(7, elem) };
  const along = { s: scales(3), z: random.tensor(elem, [3], 0, 100) };
  const run = (op: string, given: Record<string, Tensor>, constants = {}, attrs = {}) =>
    expectLikeOrt({
      nodes: [{ op, inputs: ["x", "s", "z"], attrs }],
      inputs: { x: op === "QuantizeLinear" ? x : q, ...given },
      constants,
      opset,
    });

  it.each(["QuantizeLinear", "DequantizeLinear"])("%s by one", (op) => run(op, one));
  it.each(["QuantizeLinear", "DequantizeLinear"])("%s by an axis", (op) => run(op, along));
  it.each(["QuantizeLinear", "DequantizeLinear"])("%s by constants", (op) => run(op, {}, along));
  if (opset === 21)
    it.each(["QuantizeLinear", "DequantizeLinear"])("%s by blocks", (op) => {
      const blocks = { s: random.tensor("float32", [2, 3, 3], 0.01, 0.1) };
      const zeros = { z: random.tensor(elem, [2, 3, 3], 0, 100) };
      const given = { ...blocks, ...zeros };
      return run(op, given, {}, { axis: 2, block_size: 2 });
    });
});

it("QuantizeLinear says which type it makes", () =>
  expectLikeOrt({
    nodes: [{ op: "QuantizeLinear", inputs: ["x", "s"], attrs: { output_dtype: 5 } }],
    inputs: { x: f32(-40000, -1, 0.5, 40000), s: number(0.7) },
    opset: 21,
  }));

it.each([
  [f32(0, 2, -3, -2.5, 1.34, 0.5)],
  [f32(1, 2, 3, 4, 5, 6)],
  [f32(-1, -2.1, -1.3, -2.5, -3.34, -4)],
])("DynamicQuantizeLinear", (x) =>
  expectLikeOrt({
    nodes: [{ op: "DynamicQuantizeLinear", inputs: ["x"], outputs: ["y", "s", "z"] }],
    inputs: { x },
    outputs: ["y", "s", "z"],
  }));

it("integer products of operands at run time", async () => {
  const zeros = { zx: number(117, "uint8"), zw: tensorOf("int8", [3], [1, -2, 3]) };
  const inputs = { x: bytes("uint8", 2, 4), w: bytes("int8", 4, 3), ...zeros };
  await expectLikeOrt({
    nodes: [{ op: "MatMulInteger", inputs: ["x", "w", "zx", "zw"] }],
    inputs,
  });
  const images = { x: bytes("uint8", 1, 2, 5, 5), w: bytes("uint8", 3, 2, 3, 3) };
  const nodes = [{ op: "ConvInteger", inputs: ["x", "w", "zx", "zw"], attrs: { strides: [2, 1] } }];
  const one = { zx: zeros.zx, zw: number(3, "uint8") };
  await expectLikeOrt({ nodes, inputs: { ...images, ...one } });
});

it.each([
  "uint8",
  "int8",
] as const)("QLinear operators all of whose operands are given, %s", async (elem) => {
  const parameters = {
    xs: number(0.05),
    xz: number(3, elem),
    w: bytes(elem, 4, 3),
    ws: number(0.02),
    wz: number(5, elem),
    ys: number(0.3),
    yz: number(7, elem),
  };
  const inputs = ["x", ...Object.keys(parameters)];
  const given = { x: bytes(elem, 2, 4), ...parameters };
  await expectLikeOrt({ nodes: [{ op: "QLinearMatMul", inputs }], inputs: given, steps: 1 });
  if (elem === "int8") return;
  const images = { ...parameters, w: bytes(elem, 3, 2, 3, 3), b: random.tensor("int32", [3]) };
  await expectLikeOrt({
    nodes: [{ op: "QLinearConv", inputs: ["x", ...Object.keys(images)] }],
    inputs: { x: bytes(elem, 1, 2, 5, 5), ...images },
    steps: 1,
  });
});
