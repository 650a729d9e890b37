/** Results as long as the values say, against ONNX Runtime, which makes no more than there are. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount } from "../../compiler/ir/types.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { type AttrInput, encodeModel, writeBytes } from "../support/onnx.ts";
import { expectLikeOrt, lowered } from "../support/oracle.ts";
import { runOrt } from "../support/ort.ts";
import { Random } from "../support/random.ts";
import { f32, i64, number } from "../support/tensors.ts";

const random = new Random(10);
const tensor = (...shape: number[]) => random.tensor("float32", shape);

interface Given {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly attrs?: Readonly<Record<string, AttrInput>>;
  readonly outputs?: readonly string[];
}

/** Without a declared shape: ONNX Runtime's numbers along the given axis of each output, then zeros. */
async function expectBounded(op: string, given: Given, axes: readonly number[]): Promise<void> {
  const { inputs, constants = {}, attrs = {}, outputs = ["y"] } = given;
  const names = [...Object.keys(inputs), ...Object.keys(constants)];
  const bytes = encodeModel({
    nodes: [{ op, inputs: names, outputs, attrs }],
    inputs: Object.entries(inputs).map(([name, { elem, shape }]) => ({ name, elem, shape })),
    outputs: outputs.map((name) => ({ name })),
    initializers: constants,
    opset: 13,
  });
  const want = await runOrt(bytes, inputs);
  const imported = readOnnx(writeBytes(bytes), { report: () => {} });
  for (const graph of [imported, lowered(imported)]) {
    const got = evaluate(graph, Object.values(inputs));
    got.forEach((t, i) => {
      const all = want[i]!;
      const axis = axes[i]!;
      const inner = elementCount(t.shape.slice(axis + 1));
      const [length, own] = [t.shape[axis]! * inner, all.shape[axis]! * inner];
      const from = numbers(all);
      const padded = Array.from({ length: t.data.length }, (_, k) =>
        k % length < own ? from[Math.floor(k / length) * own + (k % length)]! : 0,
      );
      expect([t.elem, ...Array.from(numbers(t))]).toEqual([all.elem, ...padded]);
    });
  }
}

describe("Compress", () => {
  const condition = tensorOf("bool", [3], [1, 0, 1]);
  it.each([0, 1, -1])("axis %i", (axis) =>
    expectBounded("Compress", { inputs: { x: tensor(3, 4, 3), condition }, attrs: { axis } }, [
      (axis + 3) % 3,
    ]));
  it("of all elements", () =>
    expectBounded("Compress", { inputs: { x: tensor(2, 3), condition } }, [0]));
  it("by a constant", () =>
    expectLikeOrt({
      nodes: [{ op: "Compress", inputs: ["x", "c"], attrs: { axis: 1 } }],
      inputs: { x: tensor(2, 4) },
      constants: { c: condition },
    }));
});

describe("NonZero", () => {
  it.each(["float32", "int32", "int64", "bool", "uint8"] as const)("of %s", (elem) => {
    const x = tensorOf(elem, [2, 2, 3], [0, 1, 2, 0, 0, 3, 0, 0, 1, 1, 0, 4]);
    return expectBounded("NonZero", { inputs: { x } }, [1]);
  });
});

describe("Unique", () => {
  const outputs = ["y", "first", "inverse", "counts"];
  const flat = f32(2, 1, 1, 3, 4, 3, -7, 2);
  it.each([0, 1])("sorted %i", (sorted) =>
    expectBounded("Unique", { inputs: { x: flat }, attrs: { sorted }, outputs }, [0, 0, 0, 0]));
  it.each([0, 1, -1])("axis %i", (axis) => {
    const values = Array.from({ length: 4 * 4 * 2 }, () => random.int(0, 1));
    const x = tensorOf("float32", axis === 0 ? [6, 2] : [2, 6], values.slice(0, 12));
    const along = (axis + 2) % 2;
    return expectBounded("Unique", { inputs: { x }, attrs: { axis }, outputs }, [along, 0, 0, 0]);
  });
  it("of integers, values alone", () =>
    expectBounded("Unique", { inputs: { x: i64(5, 3, 5, 1) } }, [0]));
});

describe("NonMaxSuppression", () => {
  const boxes = tensorOf(
    "float32",
    [2, 6, 4],
    Array.from({ length: 12 }, () => {
      const [y, x] = [random.real(), random.real()];
      return [y, x, y + 0.2 + random.real() / 2, x + 0.2 + random.real() / 2];
    }).flat(),
  );
  const scores = random.tensor("float32", [2, 3, 6], 0, 1);
  const limits = (most: number, overlap: number, least: number) => ({
    most: i64(most),
    overlap: f32(overlap),
    least: f32(least),
  });
  it.each([
    [6, 0.3, 0],
    [2, 0.1, 0.5],
    [3, 0, 0.2],
    [9, 1, 0.9],
  ])("at most %i of a class, overlap %f, scores above %f", (...given) =>
    expectBounded(
      "NonMaxSuppression",
      { inputs: { boxes, scores }, constants: limits(...given) },
      [0],
    ));
  it("of centres and sizes", () =>
    expectBounded(
      "NonMaxSuppression",
      {
        inputs: { boxes, scores },
        constants: limits(4, 0.2, 0.1),
        attrs: { center_point_box: 1 },
      },
      [0],
    ));
  it("limits at run time", () =>
    expectBounded(
      "NonMaxSuppression",
      { inputs: { boxes, scores, most: i64(2), overlap: f32(0.5) } },
      [0],
    ));
});

describe("Einsum", () => {
  const shapes: readonly [string, ...number[][]][] = [
    ["ij,jk->ik", [3, 4], [4, 5]],
    ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
    ["bqhd,bkhd->bhqk", [2, 5, 3, 4], [2, 6, 3, 4]],
    ["ij,kj", [3, 4], [5, 4]],
    ["i,j->ij", [3], [4]],
    ["i,i->", [5], [5]],
    ["i,i", [5], [5]],
    ["ij->ji", [3, 4]],
    ["ij->", [3, 4]],
    ["ij->i", [3, 4]],
    ["ii->i", [4, 4]],
    ["ii", [4, 4]],
    ["...ii->...i", [2, 3, 3]],
    ["...ij,...jk->...ik", [2, 2, 3, 4], [2, 2, 4, 5]],
    ["...ij,jk", [2, 3, 4], [4, 5]],
    ["b...j,jk->k...b", [2, 3, 4], [4, 5]],
    ["ij,j->i", [3, 4], [4]],
    ["ij,ij->ij", [3, 4], [3, 4]],
    ["ij,jk,kl->il", [2, 3], [3, 4], [4, 5]],
    ["ij , ij , ij -> j", [2, 3], [2, 3], [2, 3]],
    ["BA,bA->Bb", [2, 3], [4, 3]],
  ];
  it.each(shapes)("%s", (equation, ...given) => {
    const inputs = Object.fromEntries(given.map((s, i) => [`x${i}`, tensor(...s)]));
    return expectLikeOrt({
      nodes: [{ op: "Einsum", inputs: Object.keys(inputs), attrs: { equation } }],
      inputs,
    });
  });
  it.each([
    ["ij,jk->im", /wrong axis 'm'/],
    ["ij->ij", /no equation of 2 operands/],
    ["ijk,jk->i", /does not fit an operand of 2 axes/],
    ["ij,ij->i", /axis 'j' is of length 3 and 4|axis 'i' is of length 2 and 3/],
  ])("says what is wrong with %s", (equation, message) => {
    const bytes = encodeModel({
      nodes: [{ op: "Einsum", inputs: ["a", "b"], attrs: { equation } }],
      inputs: [
        { name: "a", elem: "float32", shape: [2, 3] },
        { name: "b", elem: "float32", shape: [3, 4] },
      ],
      outputs: [{ name: "y" }],
    });
    expect(() => readOnnx(writeBytes(bytes), { report: () => {} })).toThrow(message);
  });
});

it("TensorScatter writes sequences into a cache", () => {
  const bytes = encodeModel({
    nodes: [
      { op: "TensorScatter", inputs: ["x", "u", "at"], attrs: { axis: 1, mode: "circular" } },
    ],
    inputs: [
      { name: "x", elem: "float32", shape: [2, 4] },
      { name: "u", elem: "float32", shape: [2, 2] },
    ],
    outputs: [{ name: "y" }],
    initializers: { at: i64(1, 3) },
    opset: 24,
  });
  const graph = readOnnx(writeBytes(bytes), { report: () => {} });
  const x = tensorOf("float32", [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
  const [y] = evaluate(graph, [x, tensorOf("float32", [2, 2], [-1, -2, -3, -4])]);
  expect(Array.from(numbers(y!))).toEqual([1, -1, -2, 4, -4, 6, 7, -3]);
});

it("CumProd multiplies along an axis", () => {
  const bytes = encodeModel({
    nodes: [{ op: "CumProd", inputs: ["x", "axis"], attrs: { exclusive: 1, reverse: 1 } }],
    inputs: [{ name: "x", elem: "int32", shape: [2, 3] }],
    outputs: [{ name: "y" }],
    initializers: { axis: number(1, "int64") },
    opset: 26,
  });
  const graph = readOnnx(writeBytes(bytes), { report: () => {} });
  const [y] = evaluate(graph, [tensorOf("int32", [2, 3], [1, 2, 3, 4, 5, 2 ** 30])]);
  expect(Array.from(numbers(y!))).toEqual([6, 3, 1, 2 ** 30, 2 ** 30, 1]);
});
