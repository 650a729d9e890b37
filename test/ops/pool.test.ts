/** Pools against ONNX Runtime, as imported and as lowered. */
import { describe, it } from "vitest";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64 } from "../support/tensors.ts";

type Attrs = Record<string, AttrInput>;

function pool(op: string, shape: Shape, attrs: Attrs, opset = 19, lowers = true): Promise<void> {
  const x = new Random(shape.length).tensor("float32", shape);
  return expectLikeOrt({ nodes: [{ op, inputs: ["x"], attrs }], inputs: { x }, opset, lowers });
}

/** No kernel counts the padding under windows that hang over it; strides of 1 leave none. */
const hangs = ({ ceil_mode, strides }: Attrs): boolean => ceil_mode === 1 && strides !== undefined;

const both: readonly [Shape, Attrs][] = [
  [[1, 2, 5, 6], { kernel_shape: [2, 3] }],
  [[2, 3, 6, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
  [[1, 2, 7, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  [[1, 2, 7, 8], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 2, 0] }],
  [[1, 2, 6, 7], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
  [[1, 2, 6, 6], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] }],
  [[1, 2, 8, 9], { kernel_shape: [2, 2], dilations: [2, 3] }],
  [[1, 2, 6, 7], { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_UPPER" }],
  [[1, 2, 6, 7], { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_LOWER" }],
  [[1, 2, 6, 7], { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "VALID" }],
  [[1, 3, 9], { kernel_shape: [3], strides: [2] }],
  [[2, 3, 9], { kernel_shape: [4], strides: [3], pads: [1, 2] }],
  [[1, 2, 4, 4], { kernel_shape: [3, 3], strides: [3, 3], ceil_mode: 1 }],
  [[1, 1, 5, 5], { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 }],
  [[1, 1, 5, 5], { kernel_shape: [2, 3], ceil_mode: 1, pads: [1, 1, 0, 1] }],
];

describe.each(both)("%j %j", (shape, attrs) => {
  it("MaxPool", () => pool("MaxPool", shape, attrs));
  it("AveragePool", () => pool("AveragePool", shape, attrs));
  it("AveragePool that counts the padding", () =>
    pool("AveragePool", shape, { ...attrs, count_include_pad: 1 }, 19, !hangs(attrs)));
});

describe.each([7, 10, 11])("opset %i", (opset) => {
  const attrs = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  it("MaxPool", () => pool("MaxPool", [1, 2, 7, 7], attrs, opset));
  it("AveragePool", () => pool("AveragePool", [1, 2, 7, 7], attrs, opset));
});

describe.each([[[1, 3, 4, 5]], [[2, 3, 7]], [[1, 4, 1, 1]]])("global over %j", (shape) => {
  it("GlobalAveragePool", () => pool("GlobalAveragePool", shape, {}));
  it("GlobalMaxPool", () => pool("GlobalMaxPool", shape, {}));
});

it.each([
  ["MaxPool", -3.4e38],
  ["AveragePool", 0],
])("%s behind a Pad of %d", (op, value) => {
  const random = new Random(3);
  const x = random.tensor("float32", [1, 2, 5, 5], -3, -1);
  const pads = i64(0, 0, 1, 0, 0, 0, 1, 2);
  const constants = {
    pads,
    v: { elem: "float32", shape: [], data: Float32Array.of(value) },
  } as const;
  const nodes = [
    { op: "Pad", inputs: ["x", "pads", "v"], outputs: ["t"] },
    { op, inputs: ["t"], attrs: { kernel_shape: [3, 3], strides: [2, 2] } },
  ];
  return expectLikeOrt({ nodes, inputs: { x }, constants });
});
