/** Operators that arrange elements anew or make them, against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { type AttrInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64, number } from "../support/tensors.ts";

const random = new Random(9);
const tensor = (...shape: number[]) => random.tensor("float32", shape);

const run = (
  op: string,
  inputs: Record<string, Tensor>,
  constants: Record<string, Tensor> = {},
  attrs: Record<string, AttrInput> = {},
  opset = 18,
): Promise<void> => {
  const names = [...Object.keys(inputs), ...Object.keys(constants)];
  return expectLikeOrt({ nodes: [{ op, inputs: names, attrs }], inputs, constants, opset });
};

describe("Tile", () => {
  it.each([[[2, 1, 3]], [[1, 1, 1]], [[3, 2, 2]]])("%j times", (repeats) =>
    run("Tile", { x: tensor(2, 3, 2) }, { r: i64(...repeats) }));
  it("four axes", () => run("Tile", { x: tensor(2, 1, 3, 2) }, { r: i64(2, 3, 2, 2) }));
  it.each(["bool", "int8", "int64"] as const)("of %s", (elem) =>
    run("Tile", { x: random.tensor(elem, [2, 3]) }, { r: i64(2, 2) }));
  it("of opset 7", () => run("Tile", { x: tensor(2, 3) }, { r: i64(2, 2) }, {}, 7));
});

describe("DepthToSpace and SpaceToDepth", () => {
  it.each(["DCR", "CRD"])("%s", (mode) =>
    run("DepthToSpace", { x: tensor(2, 12, 2, 3) }, {}, { blocksize: 2, mode }));
  it("of opset 10", () => run("DepthToSpace", { x: tensor(1, 9, 2, 2) }, {}, { blocksize: 3 }, 10));
  it("and back", () => run("SpaceToDepth", { x: tensor(2, 3, 4, 6) }, {}, { blocksize: 2 }));
});

describe("Trilu", () => {
  const given = [0, 1].flatMap((upper) => [-2, 0, 1, 9].map((k) => [upper, k] as const));
  it.each(given)("upper %i, k %i", (upper, k) =>
    run("Trilu", { x: tensor(2, 4, 5) }, { k: number(k, "int64") }, { upper }));
  it("without k", () => run("Trilu", { x: random.tensor("int64", [3, 3]) }, {}, { upper: 0 }));
  it("with k at run time", () => run("Trilu", { x: tensor(3, 4), k: number(-1, "int64") }));
});

describe("ReverseSequence", () => {
  it.each([0, 1])("batch axis %i", (batch) => {
    const x = tensor(4, 4, 2);
    const attrs = { batch_axis: batch, time_axis: 1 - batch };
    return run("ReverseSequence", { x, lengths: i64(1, 2, 4, 3) }, {}, attrs);
  });
});

describe("OneHot", () => {
  const values = tensorOf("float32", [2], [-1, 5]);
  it.each([-1, 0, 1, 2])("axis %i", (axis) => {
    const indices = tensorOf("int64", [2, 3], [0, 4, -1, 2, -5, 1]);
    return run("OneHot", { indices }, { depth: number(5, "int64"), values }, { axis });
  });
  it.each(["float32", "int32"] as const)("indices of %s", (elem) => {
    const indices = tensorOf(elem, [4], [0, 7, -1, 2]);
    return run("OneHot", { indices }, { depth: number(5), values });
  });
});

/** start, limit, delta */
const ranges: readonly [ElementType, number, number, number][] = [
  ["float32", 0, 0.6, 0.1],
  ["float32", 1, -2, -0.75],
  ["float32", 2, 1, 1],
  ["int32", 10, 4, -3],
  ["int64", -3, 9, 4],
  ["int16", 0, 5, 1],
];

it.each(ranges)("Range of %s: %f, %f, %f", (elem, ...given) => {
  const names = ["start", "limit", "delta"];
  const constants = Object.fromEntries(given.map((v, i) => [names[i]!, number(v, elem)]));
  const nodes = [
    { op: "Range", inputs: names, outputs: ["r"] },
    { op: "Concat", inputs: ["x", "r"], attrs: { axis: 0 } },
  ];
  return expectLikeOrt({ nodes, inputs: { x: random.tensor(elem, [1]) }, constants, opset: 18 });
});

describe("EyeLike and Size", () => {
  it.each([-2, 0, 1, 7])("k %i", (k) => run("EyeLike", { x: tensor(3, 4) }, {}, { k }));
  it("of another type", () => run("EyeLike", { x: tensor(3, 3) }, {}, { dtype: 7 }));
  it("Size", () => run("Size", { x: tensor(3, 4, 2) }));
});

it("CenterCropPad crops and pads about the middle", () => {
  const values = Array.from({ length: 21 }, (_, i) => i + 1);
  const x = tensorOf("float32", [3, 7], values);
  const bytes = encodeCase({
    nodes: [{ op: "CenterCropPad", inputs: ["x", "s"] }],
    inputs: { x },
    constants: { s: i64(4, 6) },
    opset: 18,
  });
  const [y] = evaluate(readOnnx(writeBytes(bytes), { report: () => {} }), [x]);
  const row = (first: number) => Array.from({ length: 6 }, (_, i) => first + i);
  expect(Array.from(numbers(y!))).toEqual([...row(1), ...row(8), ...row(15), ...row(0).fill(0)]);
});
