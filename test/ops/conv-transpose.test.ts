/** Transposed convolutions against ONNX Runtime, as imported and as lowered. */
import { describe, it } from "vitest";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

type Attrs = Record<string, AttrInput>;

function transposed(x: Shape, w: Shape, attrs: Attrs, bias: boolean, opset = 13): Promise<void> {
  const random = new Random(x.length * 1000 + w[0]! * 10 + w.at(-1)!);
  const filters = w[1]! * ((attrs.group as number | undefined) ?? 1);
  const constants = {
    w: random.tensor("float32", w),
    ...(bias && { b: random.tensor("float32", [filters]) }),
  };
  const inputs = ["x", "w", ...(bias ? ["b"] : [])];
  const nodes = [{ op: "ConvTranspose", inputs, attrs }];
  return expectLikeOrt({ nodes, inputs: { x: random.tensor("float32", x) }, constants, opset });
}

const cases: readonly [Shape, Shape, Attrs][] = [
  [[1, 2, 3, 4], [2, 3, 3, 3], {}],
  [[2, 2, 3, 4], [2, 3, 2, 2], { strides: [2, 2] }],
  [[1, 3, 4, 4], [3, 2, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  [[1, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }],
  [[1, 3, 4, 3], [3, 2, 3, 3], { strides: [3, 2], pads: [1, 0, 2, 1], kernel_shape: [3, 3] }],
  [[1, 2, 3, 3], [2, 3, 2, 2], { strides: [3, 4] }],
  [[1, 1, 3, 3], [1, 1, 2, 2], { dilations: [2, 2] }],
  [[1, 2, 4, 3], [2, 2, 3, 3], { dilations: [2, 3], strides: [2, 2], pads: [2, 1, 0, 3] }],
  [[1, 2, 4, 3], [2, 2, 3, 3], { dilations: [2, 4], strides: [4, 2] }],
  [[1, 4, 3, 3], [4, 3, 3, 3], { group: 2, strides: [2, 2] }],
  [[1, 4, 3, 3], [4, 1, 4, 4], { group: 4, strides: [2, 2], pads: [1, 1, 1, 1] }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { auto_pad: "SAME_LOWER", strides: [2, 2] }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { auto_pad: "VALID", strides: [2, 2] }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { strides: [3, 2], output_shape: [10, 8] }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { strides: [3, 2], output_shape: [8, 6] }],
  [[1, 1, 3, 3], [1, 2, 4, 4], { strides: [2, 2], output_shape: [7, 7] }],
  [[1, 1, 3, 3], [1, 2, 4, 4], { strides: [2, 2], output_shape: [7, 7], auto_pad: "SAME_UPPER" }],
  [[1, 1, 3, 3], [1, 2, 4, 4], { strides: [2, 2], output_shape: [7, 7], auto_pad: "SAME_LOWER" }],
  [[1, 1, 3, 3], [1, 2, 3, 3], { strides: [3, 2], output_shape: [10, 8], output_padding: [1, 1] }],
  [[1, 2, 5], [2, 3, 3], {}],
  [[2, 2, 5], [2, 3, 4], { strides: [2], pads: [1, 1] }],
  [[1, 4, 5], [4, 1, 3], { group: 4, strides: [3], output_padding: [1] }],
  [[1, 2, 5], [2, 3, 4], { strides: [3], auto_pad: "SAME_UPPER" }],
];

describe.each(cases)("x %j, w %j, %j", (x, w, attrs) => {
  it("without bias", () => transposed(x, w, attrs, false));
  it("with bias", () => transposed(x, w, attrs, true));
});

it.each([7, 11, 18, 21])("opset %i", (opset) =>
  transposed([1, 2, 4, 5], [2, 3, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }, true, opset));

it("weights that are given at run time", () => {
  const random = new Random(1);
  const [x, w] = [random.tensor("float32", [1, 2, 3, 3]), random.tensor("float32", [2, 3, 3, 3])];
  return expectLikeOrt({ nodes: [{ op: "ConvTranspose", inputs: ["x", "w"] }], inputs: { x, w } });
});

describe.each([
  ["Add", [4, 1, 1]],
  ["Sub", [1]],
  ["Mul", [1, 4, 1, 1]],
  ["Div", [4, 1, 1]],
] as const)("a transposed convolution, %s by a constant of shape %j", (op, shape) => {
  it.each([1, 2])("in %i groups", (group) => {
    const random = new Random(2);
    const constants = {
      w: random.tensor("float32", [6, 4 / group, 3, 2]),
      c: random.tensor("float32", shape, 0.5, 2),
    };
    const attrs = { group, strides: [2, 2] };
    const nodes = [
      { op: "ConvTranspose", inputs: ["x", "w"], outputs: ["t"], attrs },
      { op, inputs: ["t", "c"] },
    ];
    return expectLikeOrt({
      nodes,
      inputs: { x: random.tensor("float32", [1, 6, 3, 4]) },
      constants,
    });
  });
});

it("a batch normalisation", () => {
  const random = new Random(3);
  const one = (low: number, high: number) => random.tensor("float32", [4], low, high);
  const constants = {
    w: random.tensor("float32", [6, 2, 3, 3]),
    s: one(0.5, 2),
    b: one(-1, 1),
    m: one(-1, 1),
    v: one(0.5, 2),
  };
  const nodes = [
    { op: "ConvTranspose", inputs: ["x", "w"], outputs: ["t"], attrs: { group: 2 } },
    { op: "BatchNormalization", inputs: ["t", "s", "b", "m", "v"] },
  ];
  return expectLikeOrt({ nodes, inputs: { x: random.tensor("float32", [1, 6, 3, 4]) }, constants });
});
