/** Batch normalisation, reductions and softmax against ONNX Runtime. */
import { describe, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { ElementType, Shape } from "../../compiler/ir/types.ts";
import { reductionNames } from "../../compiler/ops/reduce.ts";
import type { AttrInput, NodeInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64 } from "../support/tensors.ts";

const random = new Random(6);
const tensor = (...shape: number[]) => random.tensor("float32", shape);

const norm = (attrs: Record<string, AttrInput> = {}): NodeInput => ({
  op: "BatchNormalization",
  inputs: ["t", "scale", "bias", "mean", "var"],
  attrs,
});
const parameters = (channels: number): Record<string, Tensor> => ({
  scale: tensor(channels),
  bias: tensor(channels),
  mean: tensor(channels),
  var: random.tensor("float32", [channels], 0.1, 2),
});

describe("BatchNormalization", () => {
  it.each([[[2, 3]], [[1, 3, 5]], [[2, 3, 4, 5]]])("of %j", (shape) =>
    expectLikeOrt({ nodes: [norm()], inputs: { t: tensor(...shape) }, constants: parameters(3) }));
  it.each([7, 9, 14, 15])("of opset %i", (opset) =>
    expectLikeOrt({
      nodes: [norm({ epsilon: 0.01, momentum: 0.5 })],
      inputs: { t: tensor(1, 3, 2, 2) },
      constants: parameters(3),
      opset,
    }));
  it.each(["Conv", "Gemm"])("behind a %s", (op) => {
    const isConv = op === "Conv";
    const node = {
      op,
      inputs: ["x", "w", "b"],
      outputs: ["t"],
      attrs: isConv ? {} : { transB: 1 },
    };
    const x = isConv ? tensor(1, 2, 4, 4) : tensor(2, 5);
    const w = isConv ? tensor(3, 2, 3, 3) : tensor(3, 5);
    const constants = { w, b: tensor(3), ...parameters(3) };
    return expectLikeOrt({ nodes: [node, norm()], inputs: { x }, constants });
  });
});

describe.each(reductionNames)("Reduce%s", (name) => {
  const op = `Reduce${name}`;
  const x = random.tensor("float32", [2, 3, 4, 5], 0.5, 1.5);
  const run = (attrs: Record<string, AttrInput>, opset: number, axes?: number[]) =>
    expectLikeOrt({
      nodes: [{ op, inputs: axes ? ["x", "axes"] : ["x"], attrs }],
      inputs: { x },
      ...(axes && { constants: { axes: i64(...axes) } }),
      opset,
    });
  it.each([7, 11, 12])("axes as attribute, opset %i", (opset) =>
    run({ axes: [1, 3], keepdims: 0 }, opset));
  it("over all axes", () => run({}, 11));
  it("over all axes, none kept", () => run({ keepdims: 0 }, 18));
  it.each([[[2, 3]], [[0]], [[-1, 1]], [[3, 2]], [[1]]])("axes %j as input", (axes) =>
    run({ keepdims: 1 }, 18, axes));
  it("axes as input, not kept", () => run({ keepdims: 0 }, 18, [2, 3]));
  it("an empty list of axes that means nothing", () => run({ noop_with_empty_axes: 1 }, 18, []));
  it("an empty list of axes that means all", () => run({ noop_with_empty_axes: 0 }, 18, []));
});

describe("reductions of integers", () => {
  const run = (op: string, elem: ElementType) =>
    expectLikeOrt({
      nodes: [{ op, inputs: ["x", "axes"], attrs: { keepdims: 0 } }],
      inputs: {
        x: tensorOf(
          elem,
          [3, 2, 4],
          Array.from({ length: 24 }, () => random.int(1, 5)),
        ),
      },
      constants: { axes: i64(0, 2) },
      opset: 18,
    });
  const [max, prod] = ["ReduceMax", "ReduceProd"];
  it.each([
    ...[max, "ReduceMin", prod, "ReduceSum", "ReduceL1", "ReduceSumSquare"].map((op) => [
      op,
      "int32",
    ]),
    ...[max, "ReduceMin", "ReduceSum"].map((op) => [op, "int64"]),
    ...["int8", "uint8"].map((elem) => [max, elem]),
  ] as const)("%s of %s", (op, elem) => run(op, elem as ElementType));
});

it("ReduceLogSumExp of numbers whose powers overflow", () =>
  expectLikeOrt({
    nodes: [{ op: "ReduceLogSumExp", inputs: ["x"], attrs: { axes: [1] } }],
    inputs: { x: tensorOf("float32", [2, 3], [200, 201, 199, -200, -300, -200]) },
    opset: 13,
  }));

it("ReduceSum took its axes as input in opset 13 already", () =>
  expectLikeOrt({
    nodes: [{ op: "ReduceSum", inputs: ["x", "axes"], attrs: { keepdims: 0 } }],
    inputs: { x: tensor(2, 3, 4) },
    constants: { axes: i64(-2) },
    opset: 13,
  }));

describe.each(["Softmax", "LogSoftmax"])("%s", (op) => {
  const run = (shape: Shape, attrs: Record<string, AttrInput>, opset: number) =>
    expectLikeOrt({
      nodes: [{ op, inputs: ["x"], attrs }],
      inputs: { x: random.tensor("float32", shape, -8, 8) },
      opset,
    });
  it.each([-1, 0, 1, 2, 3, -2])("axis %i", (axis) => run([2, 3, 4, 5], { axis }, 13));
  it("the last axis is the default", () => run([2, 3, 4], {}, 13));
  it.each([7, 11])("opset %i over the last axis", (opset) => run([2, 3], { axis: 1 }, opset));
  it("opset 11: axis 1 is the default", () => run([2, 3], {}, 11));
  it.each([0, 1, 2, -2])("opset 11: the axes from %i run as one", (axis) =>
    run([2, 3, 4, 5], { axis }, 11));
  it("opset 11: axes of size 1 behind", () => run([2, 3, 1, 1], { axis: 1 }, 11));
});
