/** Gathers, scatters and what looks along an axis, against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { type ElementType, elementCount } from "../../compiler/ir/types.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import type { AttrInput } from "../support/onnx.ts";
import { writeBytes } from "../support/onnx.ts";
import { type Case, encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { f32, i64, number } from "../support/tensors.ts";

const random = new Random(8);
const tensor = (...shape: number[]) => random.tensor("float32", shape);
type Attrs = Record<string, AttrInput>;
type Tensors = Record<string, Tensor>;

interface Given {
  readonly inputs: Tensors;
  readonly constants?: Tensors;
  readonly attrs?: Attrs;
  readonly opset?: number;
  readonly outputs?: readonly string[];
}

/** One node that reads the inputs and constants in this order. */
const caseOf = (op: string, { inputs, constants = {}, attrs = {}, ...rest }: Given): Case => ({
  nodes: [
    {
      op,
      inputs: [...Object.keys(inputs), ...Object.keys(constants)],
      attrs,
      ...(rest.outputs && { outputs: rest.outputs }),
    },
  ],
  inputs,
  constants,
  opset: 18,
  ...rest,
});

const run = (op: string, given: Given): Promise<void> => expectLikeOrt(caseOf(op, given));

/** What the compiler says of a node that breaks its rules. */
const problem = (op: string, given: Given): (() => void) => {
  const file = writeBytes(encodeCase(caseOf(op, given)));
  return () => void readOnnx(file, { report: () => {} });
};

const ints = (shape: number[], ...values: number[]): Tensor => tensorOf("int64", shape, values);
const indices = (size: number, shape: number[], elem: ElementType = "int64"): Tensor =>
  tensorOf(
    elem,
    shape,
    Array.from({ length: elementCount(shape) }, () => random.int(-size, size - 1)),
  );

describe("GatherElements", () => {
  it.each([0, 1, -1])("axis %i", (axis) => {
    const shape = [3, 4, 5].map((d, i) => (i === (axis + 3) % 3 ? 7 : d - 1));
    const i = indices([3, 4, 5].at(axis)!, shape);
    return run("GatherElements", { inputs: { x: tensor(3, 4, 5), i }, attrs: { axis } });
  });
  it("constant 32-bit indices", () =>
    run("GatherElements", {
      inputs: { x: tensor(3, 4) },
      constants: { i: indices(3, [2, 4], "int32") },
    }));
  it("says what does not fit", () => {
    const [x, wide] = [tensor(2, 3), ints([3, 4], ...new Array(12).fill(0))];
    expect(problem("GatherElements", { inputs: { x, i: wide } })).toThrow(/do not fit/);
    const outside = { inputs: { x }, constants: { i: ints([1, 1], 2) } };
    expect(problem("GatherElements", outside)).toThrow(/index 2 is outside an axis of length 2/);
  });
});

describe("GatherND", () => {
  it.each([
    [0, [2, 3]],
    [0, [2, 1]],
    [1, [2, 2, 1]],
    [1, [2, 2]],
    [2, [2, 3, 1]],
  ])("batch_dims %i, indices %j", (batch, shape) => {
    const x = tensor(2, 3, 2);
    return run("GatherND", {
      inputs: { x, i: indices(2, shape) },
      attrs: { batch_dims: batch },
    });
  });
  it("says what does not fit", () => {
    const x = tensor(2, 3);
    const deep = { inputs: { x }, constants: { i: ints([1, 3], 0, 0, 0) } };
    expect(problem("GatherND", deep)).toThrow(/tuples of 3 indices/);
  });
});

const reductions = ["none", "add", "mul", "max", "min"];

describe("ScatterElements and ScatterND", () => {
  it.each(reductions)("elements, %s", (reduction) =>
    run("ScatterElements", {
      inputs: {
        x: tensor(3, 4),
        i: reduction === "none" ? ints([2, 2], 0, -1, 1, 0) : indices(4, [3, 6]),
        u: reduction === "none" ? tensor(2, 2) : tensor(3, 6),
      },
      attrs: { axis: 1, reduction },
    }));
  it.each(reductions)("slices, %s", (reduction) =>
    run("ScatterND", {
      inputs: { x: tensor(4, 3, 2), i: ints([3, 1], 0, -1, 2), u: tensor(3, 3, 2) },
      attrs: { reduction },
    }));
  it.each(["add", "mul"])("integers, %s", (reduction) =>
    run("ScatterND", {
      inputs: {
        x: random.tensor("int64", [4]),
        i: ints([3, 1], 0, 0, 2),
        u: random.tensor("int64", [3]),
      },
      attrs: { reduction },
    }));
  it("Scatter of opset 9", () =>
    run("Scatter", {
      inputs: { x: tensor(3, 3), i: ints([1, 2], 2, 0), u: tensor(1, 2) },
      attrs: { axis: 0 },
      opset: 9,
    }));
  it("says what does not fit", () => {
    const [x, i] = [tensor(3, 3), ints([1, 2], 2, 0)];
    const differ = { inputs: { x, i, u: tensor(2, 2) } };
    expect(problem("ScatterElements", differ)).toThrow(/differ in shape/);
    expect(problem("ScatterND", differ)).toThrow(/updates are \[2,2\], not \[1\]/);
  });
});

/** What is read at run time as one number. */
it.each([
  ["CumSum", { x: tensor(3), axis: ints([2], 0, 0) }],
  ["Trilu", { x: tensor(3, 3), k: ints([2], 0, 0) }],
  ["NonMaxSuppression", { b: tensor(1, 2, 4), s: tensor(1, 1, 2), most: ints([2], 1, 1) }],
])("%s takes one number", (op, inputs) => {
  expect(problem(op, { inputs })).toThrow(/has shape \[2\]; it is one number/);
});

/** Attributes and shapes that do not fit. */
it.each<[string, Given, RegExp]>([
  ["ArgMax", { inputs: { x: tensor(2, 3) }, attrs: { axis: 2 } }, /axis 2 is outside/],
  ["DepthToSpace", { inputs: { x: tensor(1, 6, 2, 2) }, attrs: { blocksize: 2 } }, /6 channels/],
  ["SpaceToDepth", { inputs: { x: tensor(1, 1, 3, 4) }, attrs: { blocksize: 2 } }, /3×4 has no/],
  ["Tile", { inputs: { x: tensor(2, 3) }, constants: { r: i64(2) } }, /'repeats' \[2\]/],
  ["ReverseSequence", { inputs: { x: tensor(2, 3), l: i64(1, 2) } }, /'sequence_lens'/],
  ["OneHot", { inputs: { i: i64(1) }, constants: { d: i64(0), v: f32(0, 1) } }, /'depth' is 0/],
  ["Range", { inputs: { a: number(1), b: number(2), c: number(1) } }, /known or declared/],
  ["Compress", { inputs: { x: tensor(2), c: tensorOf("bool", [3], [1, 1, 1]) } }, /3 elements/],
  ["Unique", { inputs: { x: tensor(2) }, attrs: { axis: 1 } }, /axis 1 is outside/],
  ["EyeLike", { inputs: { x: tensor(2) } }, /1 axes, not 2/],
])("%s says what does not fit", (op, given, message) => {
  expect(problem(op, given)).toThrow(message);
});

describe.each(["ArgMax", "ArgMin"])("%s", (op) => {
  it.each([0, 1, -1])("axis %i", (axis) =>
    run(op, { inputs: { x: tensor(3, 4, 5) }, attrs: { axis } }));
  it.each([0, 1])("of equal ones, select_last_index %i", (last) => {
    const x = tensorOf("float32", [2, 6], [1, 5, 5, 1, 5, 1, 2, 2, 2, 2, 2, 2]);
    const attrs = { axis: 1, keepdims: 0, select_last_index: last };
    return run(op, { inputs: { x }, attrs });
  });
  it.each(["int32", "int8", "uint8"] as const)("of %s", (elem) =>
    run(op, { inputs: { x: random.tensor(elem, [4, 5]) }, attrs: { axis: 1 } }));
  it("of opset 7", () => run(op, { inputs: { x: tensor(3, 4) }, opset: 7 }));
});

describe("Hardmax", () => {
  it.each([0, 1, 2, -1])("axis %i", (axis) =>
    run("Hardmax", { inputs: { x: tensor(2, 3, 4) }, attrs: { axis }, opset: 13 }));
  it.each([0, 1, 2])("flattened from axis %i", (axis) =>
    run("Hardmax", { inputs: { x: tensor(2, 3, 4) }, attrs: { axis }, opset: 11 }));
});

describe("TopK", () => {
  const outputs = ["values", "indices"];
  it.each([
    [0, 1],
    [1, 0],
    [-1, 1],
  ])("axis %i, largest %i", (axis, largest) =>
    run("TopK", {
      inputs: { x: tensor(5, 4, 6) },
      constants: { k: i64(3) },
      attrs: { axis, largest },
      outputs,
    }));
  it("of equal ones the first", () =>
    run("TopK", { inputs: { x: f32(1, 3, 3, 2, 3) }, constants: { k: i64(4) }, outputs }));
  it("of opset 9", () =>
    run("TopK", { inputs: { x: tensor(2, 6) }, attrs: { k: 4, axis: 1 }, opset: 9, outputs }));
  it("of integers", () =>
    run("TopK", { inputs: { x: random.tensor("int64", [7]) }, constants: { k: i64(7) }, outputs }));
  it("says that K is too large", () => {
    const given = { inputs: { x: tensor(2, 3) }, constants: { k: i64(4) }, outputs };
    expect(problem("TopK", given)).toThrow(/K is 4, but axis 1 has 3 elements/);
  });
});

describe("CumSum", () => {
  const flags = [0, 1].flatMap((a) => [0, 1].map((b) => [a, b] as const));
  it.each(flags)("exclusive %i, reverse %i", (exclusive, reverse) =>
    run("CumSum", {
      inputs: { x: tensor(3, 4, 2) },
      constants: { axis: number(1, "int64") },
      attrs: { exclusive, reverse },
    }));
  it("along an axis of run time", () =>
    run("CumSum", { inputs: { x: random.tensor("int32", [3, 4]), axis: number(-2, "int32") } }));
});
