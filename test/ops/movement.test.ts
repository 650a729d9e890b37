/** Operators that move elements or change shapes, against ONNX Runtime. */
import { describe, it } from "vitest";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";
import type { AttrInput, NodeInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64, number } from "../support/tensors.ts";

const random = new Random(7);
const tensor = (...shape: number[]) => random.tensor("float32", shape);
type Attrs = Record<string, AttrInput>;

/** `x` and constants as inputs of one node, by name in this order. */
function run(
  op: string,
  x: Tensor,
  constants: Record<string, Tensor> = {},
  attrs: Attrs = {},
  opset = 13,
): Promise<void> {
  const nodes: NodeInput[] = [{ op, inputs: ["x", ...Object.keys(constants)], attrs }];
  return expectLikeOrt({ nodes, inputs: { x }, constants, opset });
}

describe("Reshape", () => {
  it.each([
    [[6, 4]],
    [[-1]],
    [[0, -1]],
    [[2, 0, 4]],
    [[0, 0, 0]],
    [[1, 24, 1, 1]],
    [[4, -1, 2]],
  ])("to %j", (shape) => run("Reshape", tensor(2, 3, 4), { shape: i64(...shape) }));
  it.each([7, 14, 21])("opset %i", (opset) =>
    run("Reshape", tensor(2, 6), { shape: i64(3, -1) }, {}, opset));
});

describe("Squeeze, Unsqueeze and Flatten", () => {
  it("squeezes all", () => run("Squeeze", tensor(1, 3, 1, 2)));
  it.each([7, 11])("squeezes by attribute, opset %i", (opset) =>
    run("Squeeze", tensor(1, 3, 1, 2), {}, { axes: [0, 2] }, opset));
  it("squeezes by input", () => run("Squeeze", tensor(1, 3, 1, 2), { axes: i64(-2) }));
  it.each([7, 11])("unsqueezes by attribute, opset %i", (opset) =>
    run("Unsqueeze", tensor(3, 2), {}, { axes: [0, 3] }, opset));
  it("unsqueezes by input", () => run("Unsqueeze", tensor(3, 2), { axes: i64(-1, 0) }));
  it.each([0, 1, 2, 3])("flattens at %i", (axis) => run("Flatten", tensor(2, 3, 4), {}, { axis }));
  it("flattens at -1", () => run("Flatten", tensor(2, 3, 4), {}, { axis: -1 }));
});

describe("Transpose", () => {
  it("reverses without perm", () => run("Transpose", tensor(2, 3, 4)));
  it.each([[[0, 2, 3, 1]], [[0, 3, 1, 2]], [[3, 1, 0, 2]], [[0, 1, 2, 3]]])("%j", (perm) =>
    run("Transpose", tensor(2, 3, 4, 5), {}, { perm }));
});

/** starts, ends, axes, steps */
const slices: readonly number[][][] = [
  [
    [1, 0],
    [3, 2],
  ],
  [[1], [4], [1]],
  [[-3], [-1], [-1]],
  [[0], [99], [2], [2]],
  [[4], [0], [2], [-1]],
  [[-1], [-99], [2], [-2]],
  [
    [99, -1],
    [-99, -99],
    [1, 2],
    [-1, -3],
  ],
  [[3], [0], [1], [-1]],
  [
    [1, 1, 1],
    [2, 3, 4],
    [0, 1, 2],
    [1, 1, 2],
  ],
];

describe("Slice", () => {
  const names = ["starts", "ends", "axes", "steps"];
  it.each(slices)("starts %j, ends %j, axes %j, steps %j", (...lists) => {
    const given = lists.map((list, i) => [names[i]!, i64(...list)] as const);
    return run("Slice", tensor(3, 4, 5), Object.fromEntries(given));
  });
  it.each([7, 9])("by attributes, opset %i", (opset) =>
    run("Slice", tensor(3, 4), {}, { starts: [0, 1], ends: [2, 99], axes: [1, 0] }, opset));
  it("by attributes without axes", () =>
    run("Slice", tensor(3, 4), {}, { starts: [1, 0], ends: [-1, 2] }, 7));
});

describe("Pad", () => {
  const pads = [0, 1, 2, 0, 2, 1];
  it.each(["constant", "reflect", "edge"])("%s", (mode) =>
    run("Pad", tensor(2, 3, 4), { pads: i64(...pads) }, { mode }));
  it("wrap", () => run("Pad", tensor(2, 3, 4), { pads: i64(...pads) }, { mode: "wrap" }, 19));
  it("with a value", () =>
    run("Pad", tensor(2, 3), { pads: i64(1, 0, 0, 2), value: number(-7.5) }));
  it("negative pads cut off", () => run("Pad", tensor(4, 5), { pads: i64(-1, 2, 0, -3) }));
  it("some axes only", () =>
    run(
      "Pad",
      tensor(2, 3, 4),
      { pads: i64(1, 2, 3, 0), value: number(1), axes: i64(2, -3) },
      {},
      18,
    ));
  it.each([7, 10])("by attributes, opset %i", (opset) =>
    run("Pad", tensor(2, 3), {}, { pads: [1, 0, 2, 1], value: 1.5 }, opset));
});

describe("Split", () => {
  const split = (attrs: Attrs, outputs: string[], opset: number, sizes?: number[], width = 6) =>
    expectLikeOrt({
      nodes: [{ op: "Split", inputs: sizes ? ["x", "s"] : ["x"], outputs, attrs }],
      inputs: { x: tensor(4, width) },
      ...(sizes && { constants: { s: i64(...sizes) } }),
      outputs,
      opset,
    });
  it.each([7, 11, 13])("equal parts, opset %i", (opset) =>
    split({ axis: 1 }, ["a", "b", "c"], opset));
  it("sizes by attribute", () => split({ axis: 0, split: [1, 3] }, ["a", "b"], 11));
  it("sizes by input", () => split({ axis: -1 }, ["a", "b", "c"], 13, [1, 2, 3]));
  it("unequal parts of opset 18", () =>
    split({ axis: 1, num_outputs: 4 }, ["a", "b", "c", "d"], 18, undefined, 7));
});

describe("Concat", () => {
  it.each([0, 1, 2, -1])("axis %i", (axis) => {
    const sizes = [2, 3, 1].map((d) => [2, 3, 4].map((e, i) => (i === (axis + 3) % 3 ? d : e)));
    const inputs = Object.fromEntries(sizes.map((s, i) => [`x${i}`, tensor(...s)]));
    return expectLikeOrt({
      nodes: [{ op: "Concat", inputs: Object.keys(inputs), attrs: { axis } }],
      inputs,
    });
  });
  it("one operand", () => run("Concat", tensor(2, 3), {}, { axis: 0 }));
  it("with a constant", () => run("Concat", tensor(2, 3), { c: tensor(2, 2) }, { axis: 1 }));
  it("the same value twice", () =>
    expectLikeOrt({
      nodes: [{ op: "Concat", inputs: ["x", "x"], attrs: { axis: 1 } }],
      inputs: { x: tensor(2, 3) },
    }));
});

describe("Gather", () => {
  const i32 = (...v: number[]): Tensor => ({
    elem: "int32",
    shape: [v.length],
    data: Int32Array.from(v),
  });
  const grid: Tensor = { ...i64(0, -1, 2, 1), shape: [2, 2] };
  it.each([0, 1, -1])("axis %i", (axis) =>
    run("Gather", tensor(3, 4, 3), { i: i64(2, 0, 0) }, { axis }));
  it("negative and 32-bit indices", () => run("Gather", tensor(3, 4), { i: i32(-1, -3) }));
  it("a matrix of indices", () => run("Gather", tensor(3, 4), { i: grid }, { axis: 1 }));
  it("one index removes the axis", () => run("Gather", tensor(3, 4), { i: number(1, "int64") }));
  it("indices at run time", () =>
    expectLikeOrt({
      nodes: [{ op: "Gather", inputs: ["t", "x"] }],
      inputs: { x: i64(1, 2) },
      constants: { t: tensor(3, 4) },
    }));
});

describe("Expand", () => {
  it.each([[[2, 3, 4]], [[1, 1, 1]], [[3, 1]], [[5, 2, 3, 4]]])("to %j", (shape) =>
    run("Expand", tensor(2, 3, 1), { shape: i64(...shape) }));
});

describe("Shape and ConstantOfShape", () => {
  it("Shape", () => run("Shape", tensor(2, 3, 4)));
  it("a part of the shape", () => run("Shape", tensor(2, 3, 4), {}, { start: -2, end: 99 }, 15));
  it("a Reshape to a computed shape", () => {
    const nodes: NodeInput[] = [
      { op: "Shape", inputs: ["x"], outputs: ["s"] },
      { op: "Gather", inputs: ["s", "zero"], outputs: ["n"], attrs: { axis: 0 } },
      { op: "Unsqueeze", inputs: ["n", "axes"], outputs: ["n1"] },
      { op: "Concat", inputs: ["n1", "rest"], outputs: ["to"], attrs: { axis: 0 } },
      { op: "Reshape", inputs: ["x", "to"] },
    ];
    const constants = { zero: number(0, "int64"), axes: i64(0), rest: i64(-1) };
    return expectLikeOrt({ nodes, inputs: { x: tensor(2, 3, 4) }, constants });
  });
  it("ConstantOfShape", () => {
    const value = { ...number(2.5), shape: [1] };
    const nodes: NodeInput[] = [
      { op: "ConstantOfShape", inputs: ["s"], outputs: ["c"], attrs: { value } },
      { op: "Add", inputs: ["x", "c"] },
    ];
    return expectLikeOrt({ nodes, inputs: { x: tensor(2, 3) }, constants: { s: i64(2, 1) } });
  });
});

/** Cast from → to, with numbers that both can hold. */
const casts: readonly [ElementType, number][] = [
  ["float32", 6],
  ["float32", 7],
  ["float32", 11],
  ["int32", 1],
  ["int64", 1],
  ["uint8", 3],
  ["int8", 9],
  ["int8", 2],
  ["bool", 1],
];
it.each(casts)("Cast of %s to type %i", (elem, to) =>
  run("Cast", random.tensor(elem, [3, 4], -99, 99), {}, { to }));

it.each(["Identity", "Dropout"])("%s", (op) => run(op, tensor(2, 3)));
it.each([7, 10, 12])("Dropout of opset %i", (opset) => run("Dropout", tensor(2, 3), {}, {}, opset));
