/** Convolutions against ONNX Runtime, as imported and as lowered. */
import { describe, it } from "vitest";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

type Attrs = Record<string, AttrInput>;

function conv(x: Shape, w: Shape, attrs: Attrs, bias: boolean, opset = 13): Promise<void> {
  const random = new Random(x.length * 1000 + w[0]! * 10 + w.at(-1)!);
  const constants = {
    w: random.tensor("float32", w),
    ...(bias && { b: random.tensor("float32", [w[0]!]) }),
  };
  const inputs = ["x", "w", ...(bias ? ["b"] : [])];
  const nodes = [{ op: "Conv", inputs, attrs }];
  return expectLikeOrt({ nodes, inputs: { x: random.tensor("float32", x) }, constants, opset });
}

const cases: readonly [Shape, Shape, Attrs][] = [
  [[1, 2, 5, 6], [3, 2, 3, 3], {}],
  [[2, 2, 5, 6], [3, 2, 3, 2], {}],
  [[1, 1, 7, 7], [4, 1, 1, 1], {}],
  [[1, 3, 7, 8], [2, 3, 3, 3], { strides: [2, 3] }],
  [[1, 3, 9, 8], [2, 3, 3, 2], { dilations: [2, 3] }],
  [[1, 2, 5, 5], [3, 2, 3, 3], { pads: [1, 2, 0, 1] }],
  [[1, 2, 5, 5], [3, 2, 3, 3], { pads: [4, 4, 4, 4], strides: [3, 3] }],
  [[1, 4, 6, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }],
  [[1, 4, 6, 5], [4, 1, 3, 3], { group: 4, strides: [2, 2] }],
  [[1, 3, 6, 5], [6, 1, 3, 3], { group: 3, kernel_shape: [3, 3] }],
  [[1, 2, 6, 7], [3, 2, 3, 4], { auto_pad: "SAME_UPPER", strides: [2, 2] }],
  [[1, 2, 6, 7], [3, 2, 3, 4], { auto_pad: "SAME_LOWER", strides: [2, 2] }],
  [[1, 2, 6, 7], [3, 2, 2, 2], { auto_pad: "SAME_UPPER" }],
  [[1, 2, 6, 7], [3, 2, 2, 2], { auto_pad: "SAME_LOWER" }],
  [[1, 2, 6, 7], [3, 2, 3, 3], { auto_pad: "VALID", strides: [2, 1] }],
  [[1, 2, 6, 7], [3, 2, 3, 3], { auto_pad: "NOTSET", pads: [0, 1, 1, 0] }],
  [[1, 3, 9], [4, 3, 3], {}],
  [[2, 3, 9], [4, 3, 3], { pads: [2, 1], strides: [2] }],
  [[1, 4, 9], [4, 1, 3], { group: 4, dilations: [2] }],
  [[1, 3, 10], [2, 3, 4], { auto_pad: "SAME_UPPER", strides: [3] }],
  [[1, 1, 3, 3], [1, 1, 3, 3], { strides: [5, 5], pads: [1, 1, 1, 1] }],
];

describe.each(cases)("x %j, w %j, %j", (x, w, attrs) => {
  it("without bias", () => conv(x, w, attrs, false));
  it("with bias", () => conv(x, w, attrs, true));
});

it.each([7, 11, 18, 21])("opset %i", (opset) =>
  conv([1, 2, 6, 7], [3, 2, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }, true, opset));

it("weights that are given at run time", () => {
  const random = new Random(1);
  const [x, w] = [random.tensor("float32", [1, 2, 5, 5]), random.tensor("float32", [3, 2, 3, 3])];
  return expectLikeOrt({ nodes: [{ op: "Conv", inputs: ["x", "w"] }], inputs: { x, w } });
});

describe.each([
  ["Add", [3, 1, 1]],
  ["Sub", [1]],
  ["Mul", [1, 3, 1, 1]],
  ["Div", [3, 1, 1]],
  ["Add", [3, 3]],
  ["Mul", [2, 3, 1, 1]],
] as const)("a convolution, %s by a constant of shape %j", (op, shape) => {
  const random = new Random(2);
  const constants = {
    w: random.tensor("float32", [3, 2, 3, 3]),
    c: random.tensor("float32", shape, 0.5, 2),
  };
  const inputs = { x: random.tensor("float32", [1, 2, 5, 5]) };
  const conv = { op: "Conv", inputs: ["x", "w"], outputs: ["t"] };

  it("on its right", () =>
    expectLikeOrt({ nodes: [conv, { op, inputs: ["t", "c"] }], inputs, constants }));
  it("on its left", () =>
    expectLikeOrt({
      nodes: [conv, { op, inputs: ["c", "t"] }, { op: "Abs", inputs: ["y"], outputs: ["z"] }],
      inputs,
      constants,
      outputs: ["z"],
      relative: 1e-4,
    }));
});
