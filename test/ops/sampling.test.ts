/** Images read at places that are computed, and determinants, against ONNX Runtime. */
import { describe, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { i64 } from "../support/tensors.ts";

type Attrs = Record<string, AttrInput>;

const random = new Random(21);
const tensor = (shape: Shape, low = -1, high = 1) => random.tensor("float32", shape, low, high);

describe.each(["zeros", "border", "reflection"])("GridSample, %s", (padding_mode) => {
  describe.each([0, 1])("align_corners %i", (align_corners) => {
    const sample = (x: Shape, grid: Shape, mode: string, opset: number) =>
      expectLikeOrt({
        nodes: [
          {
            op: "GridSample",
            inputs: ["x", "grid"],
            attrs: { mode, padding_mode, align_corners },
          },
        ],
        inputs: { x: tensor(x), grid: tensor(grid, -1.6, 1.6) },
        opset,
        relative: 1e-4,
      });
    it.each(["bilinear", "nearest", "bicubic"])("%s, opset 16", (mode) =>
      sample([2, 2, 4, 5], [2, 3, 4, 2], mode, 16));
    it.each(["linear", "nearest", "cubic"])("%s, opset 20", (mode) =>
      sample([1, 3, 5, 4], [1, 6, 2, 2], mode, 20));
    it.each(["linear", "nearest"])("%s of volumes", (mode) =>
      sample([1, 2, 3, 5, 4], [1, 2, 3, 4, 3], mode, 20));
  });
});

it.each([0, 1])("AffineGrid, align_corners %i", async (align_corners) => {
  const nodes = [{ op: "AffineGrid", inputs: ["theta", "size"], attrs: { align_corners } }];
  const images = { theta: tensor([2, 2, 3]) };
  await expectLikeOrt({ nodes, inputs: images, constants: { size: i64(2, 3, 4, 5) }, opset: 20 });
  const volumes = { theta: tensor([1, 3, 4]) };
  const size = i64(1, 1, 2, 3, 4);
  await expectLikeOrt({ nodes, inputs: volumes, constants: { size }, opset: 20 });
});

const rois = tensorOf("float32", [4, 4], [0, 0, 4, 5, 1.5, 2, 3, 6, -2, -1, 9, 9, 3, 3, 3.2, 3.1]);

describe.each([10, 16])("RoiAlign, opset %i", (opset) => {
  const align = (attrs: Attrs) =>
    expectLikeOrt({
      nodes: [
        {
          op: "RoiAlign",
          inputs: ["x", "rois", "batch"],
          attrs: { output_height: 3, output_width: 2, ...attrs },
        },
      ],
      inputs: { x: tensor([2, 3, 6, 5]), rois, batch: i64(0, 1, 1, 0) },
      opset,
      relative: 1e-4,
    });
  it.each(["avg", "max"])("%s", (mode) => align({ mode }));
  it.each([1, 2, 3])("%i samples a bin", (n) => align({ sampling_ratio: n, spatial_scale: 0.5 }));
  if (opset === 16)
    it.each(["avg", "max"])("%s, output_half_pixel", (mode) =>
      align({ mode, coordinate_transformation_mode: "output_half_pixel" }));
});

it.each([1, 0.5])("MaxRoiPool at a scale of %d", (scale) => {
  const regions = tensorOf("float32", [3, 5], [0, 0, 0, 4, 5, 1, 1, 2, 3, 5, 1, 2, 2, 9, 9]);
  const attrs = { pooled_shape: [2, 3], spatial_scale: { float: scale } };
  return expectLikeOrt({
    nodes: [{ op: "MaxRoiPool", inputs: ["x", "rois"], attrs }],
    inputs: { x: tensor([2, 3, 6, 5]), rois: regions },
  });
});

const blocks: readonly [Shape, Shape, number, Attrs][] = [
  [[5, 5], [1, 5], 5, {}],
  [[5, 6], [2, 3], 12, { strides: [2, 1], pads: [1, 0, 0, 0] }],
  [[6, 6], [2, 2], 25, { pads: [0, 0, 0, 1], dilations: [1, 2] }],
  [[3, 4, 3], [2, 2, 1], 18, {}],
];

it.each(blocks)("Col2Im of images %j in blocks of %j", (image, block, count, attrs) => {
  const taps = block.reduce((a, b) => a * b, 1);
  return expectLikeOrt({
    nodes: [{ op: "Col2Im", inputs: ["x", "image", "block"], attrs }],
    inputs: { x: tensor([2, 3 * taps, count]) },
    constants: { image: i64(...image), block: i64(...block) },
    opset: 18,
  });
});

it.each([[[3, 3]], [[2, 1, 1]], [[2, 3, 4, 4]], [[5, 2, 2]]])("Det of %j", (shape) =>
  expectLikeOrt({
    nodes: [{ op: "Det", inputs: ["x"] }],
    inputs: { x: tensor(shape) },
    relative: 1e-4,
  }));

it("Det of a matrix that has none but 0", () =>
  expectLikeOrt({
    nodes: [{ op: "Det", inputs: ["x"] }],
    inputs: { x: tensorOf("float32", [3, 3], [1, 2, 3, 0, 0, 0, 4, 5, 6]) },
  }));

/** Without offsets a deformed convolution is a plain one; whole offsets move the input. */
describe.each([
  [0, {}],
  [1, { pads: [1, 1, 1, 1], strides: [2, 1] }],
] as const)("DeformConv moved by %i columns", (by, attrs) => {
  const [x, w] = [tensor([2, 4, 5, 6]), tensor([6, 2, 3, 2])];
  const out = by === 0 ? [3, 5] : [3, 7];
  const offset: Tensor = {
    elem: "float32",
    shape: [2, 2 * 2 * 6, ...out],
    data: Float32Array.from({ length: 2 * 24 * out[0]! * out[1]! }, (_, i) =>
      Math.floor(i / (out[0]! * out[1]!)) % 2 === 0 ? 0 : by,
    ),
  };
  it("is like ONNX Runtime's", () =>
    expectLikeOrt({
      nodes: [
        {
          op: "DeformConv",
          inputs: ["x", "w", "offset"],
          attrs: { ...attrs, group: 2, offset_group: 2 },
        },
      ],
      inputs: { x, w, offset },
      opset: 19,
    }));
});
