/** Operators over any number of axes, and operands at run time, against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers } from "../../compiler/ir/tensor.ts";
import type { ElementType, Shape } from "../../compiler/ir/types.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { type AttrInput, encodeModel, writeBytes } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64 } from "../support/tensors.ts";

type Attrs = Record<string, AttrInput>;

const random = new Random(11);
const tensor = (shape: Shape, elem: ElementType = "float32") =>
  random.tensor(elem, shape, elem === "float32" ? -1 : 0, elem === "float32" ? 1 : 100);

const convolutions: readonly [string, Shape, Shape, Attrs][] = [
  ["Conv", [1, 2, 5, 6], [3, 2, 3, 3], { pads: [1, 0, 1, 2], strides: [2, 1] }],
  ["Conv", [2, 4, 7], [6, 2, 3], { group: 2, dilations: [2] }],
  ["Conv", [1, 2, 4, 5, 6], [3, 2, 3, 2, 3], { pads: [1, 0, 1, 1, 1, 0] }],
  ["Conv", [1, 4, 5, 5, 5], [4, 2, 2, 3, 2], { group: 2, strides: [2, 1, 2] }],
  ["Conv", [1, 1, 5, 5, 5], [2, 1, 2, 2, 2], { dilations: [2, 1, 3], auto_pad: "VALID" }],
  ["Conv", [1, 1, 4, 5, 6], [2, 1, 2, 3, 2], { auto_pad: "SAME_UPPER", strides: [2, 2, 2] }],
  ["ConvTranspose", [1, 2, 3, 4], [2, 3, 3, 3], { strides: [2, 2], output_padding: [1, 1] }],
  ["ConvTranspose", [1, 4, 5], [4, 3, 3], { group: 2, strides: [3] }],
  ["ConvTranspose", [1, 2, 2, 3, 2], [2, 3, 3, 2, 2], { strides: [2, 1, 2] }],
  ["ConvTranspose", [1, 4, 2, 3, 2], [4, 1, 3, 3, 2], { group: 4, pads: [1, 1, 0, 0, 1, 0] }],
  ["ConvTranspose", [1, 1, 2, 3, 2], [1, 2, 3, 3, 2], { dilations: [2, 1, 1] }],
];

describe.each(convolutions)("%s of %j by %j, %j", (op, x, w, attrs) => {
  const filters = op === "Conv" ? w[0]! : w[1]! * ((attrs.group as number | undefined) ?? 1);
  const given = { x: tensor(x) };
  const all = { w: tensor(w), b: tensor([filters]) };
  const nodes = [{ op, inputs: ["x", "w", "b"], attrs }];

  it("weights and bias at run time", () => expectLikeOrt({ nodes, inputs: { ...given, ...all } }));
  it("constant weights and bias", () => expectLikeOrt({ nodes, inputs: given, constants: all }));
  it("a bias at run time", () =>
    expectLikeOrt({ nodes, inputs: { ...given, b: all.b }, constants: { w: all.w } }));
  it("no bias", () =>
    expectLikeOrt({
      nodes: [{ op, inputs: ["x", "w"], attrs }],
      inputs: { ...given, w: all.w },
    }));
});

const windows: readonly [Shape, Attrs][] = [
  [[1, 2, 4, 5, 6], { kernel_shape: [2, 3, 2] }],
  [[2, 1, 4, 5, 6], { kernel_shape: [2, 2, 2], strides: [2, 1, 2], pads: [1, 0, 1, 0, 1, 0] }],
  [[1, 1, 6, 7, 6], { kernel_shape: [2, 2, 2], dilations: [2, 3, 1] }],
  [[1, 2, 6, 7, 5], { kernel_shape: [3, 2, 2], strides: [2, 3, 2], ceil_mode: 1 }],
  [[1, 2, 6, 7, 5], { kernel_shape: [3, 2, 2], strides: [2, 2, 2], auto_pad: "SAME_LOWER" }],
  [[1, 2, 7, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }],
  [[1, 2, 9], { kernel_shape: [3], strides: [2], pads: [1, 1] }],
];

describe.each(windows)("a pool over %j, %j", (shape, attrs) => {
  const inputs = { x: tensor(shape) };
  const pool = (op: string, more: Attrs = {}, outputs = ["y"]) =>
    expectLikeOrt({
      nodes: [{ op, inputs: ["x"], outputs, attrs: { ...attrs, ...more } }],
      inputs,
      outputs,
      opset: 19,
    });

  it("AveragePool", () => pool("AveragePool"));
  it("AveragePool that counts the padding", () => pool("AveragePool", { count_include_pad: 1 }));
  it("MaxPool", () => pool("MaxPool"));
  it("MaxPool with indices", () => pool("MaxPool", {}, ["y", "i"]));
  it("MaxPool with indices by columns", () => pool("MaxPool", { storage_order: 1 }, ["y", "i"]));
  it.each([1, 2, 3])("LpPool, p = %i", (p) => pool("LpPool", { p }));
  it.each(["int8", "uint8"] as const)("MaxPool of %s", (elem) =>
    expectLikeOrt({
      nodes: [{ op: "MaxPool", inputs: ["x"], attrs }],
      inputs: { x: tensor(shape, elem) },
      opset: 12,
    }));
});

describe.each([[[1, 2, 3, 4, 2]], [[2, 3, 4, 5]], [[1, 3, 7]]])("over all of %j", (shape) => {
  const inputs = { x: tensor(shape) };
  it.each([
    ["GlobalAveragePool", {}],
    ["GlobalMaxPool", {}],
    ["GlobalLpPool", {}],
    ["GlobalLpPool", { p: 1 }],
    ["GlobalLpPool", { p: 3 }],
  ])("%s %j", (op, attrs) => expectLikeOrt({ nodes: [{ op, inputs: ["x"], attrs }], inputs }));
});

const unpools: readonly [Shape, Attrs][] = [
  [[1, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
  [[1, 2, 9], { kernel_shape: [3], strides: [3] }],
  [[1, 1, 4, 4, 4], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }],
];

it.each(unpools)("MaxUnpool of what was pooled, %j %j", (shape, attrs) => {
  const nodes = [
    { op: "MaxPool", inputs: ["x"], outputs: ["t", "i"], attrs },
    { op: "MaxUnpool", inputs: ["t", "i"], attrs },
  ];
  return expectLikeOrt({ nodes, inputs: { x: tensor(shape) } });
});

/** What a MaxUnpool with an output shape makes; ONNX Runtime takes the indices for those of it. */
function unpooled(shape: Shape, outputShape: readonly number[]) {
  const attrs = { kernel_shape: [2, 2], strides: [2, 2] };
  const bytes = encodeModel({
    nodes: [{ op: "MaxUnpool", inputs: ["x", "i", "s"], outputs: ["y"], attrs }],
    inputs: [
      { name: "x", elem: "float32", shape },
      { name: "i", elem: "int64", shape },
    ],
    outputs: [{ name: "y" }],
    initializers: { s: i64(...outputShape) },
  });
  return readOnnx(writeBytes(bytes), { report: () => undefined });
}

it("MaxUnpool puts what it made into the corner of a larger output", () => {
  const graph = unpooled([1, 1, 1, 2], [1, 1, 3, 5]);
  const x = { ...tensor([1, 1, 1, 2]), data: Float32Array.of(5, 6) };
  const i = { ...i64(1, 6), shape: [1, 1, 1, 2] };
  const [y] = evaluate(graph, [x, i]);
  expect([...(numbers(y!) as Float32Array)]).toEqual([0, 5, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
});

it("MaxUnpool says so when the output is too small", () =>
  expect(() => unpooled([1, 1, 1, 2], [1, 1, 2, 3])).toThrow(/does not hold \[1,1,2,4\]/));
