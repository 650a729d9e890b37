/** Resize and Upsample against ONNX Runtime, as imported and as lowered. */
import { describe, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { float32s, int64s, tensorOf } from "../../compiler/ir/tensor.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { expectNear } from "../support/near.ts";
import { type AttrInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

type Attrs = Record<string, AttrInput>;

interface Operands {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly roi?: readonly number[];
}

const list = (xs: readonly number[]): Tensor => float32s([xs.length], xs);

function resize(x: Shape, attrs: Attrs, { scales, sizes, roi }: Operands, opset = 19) {
  const constants = {
    ...(roi && { roi: list(roi) }),
    ...(scales && { scales: list(scales) }),
    ...(sizes && { sizes: int64s(sizes) }),
  };
  const inputs = ["x", roi ? "roi" : "", scales ? "scales" : "", ...(sizes ? ["sizes"] : [])];
  const nodes = [{ op: "Resize", inputs, attrs }];
  const data = new Random(x.length + x.at(-1)!).tensor("float32", x);
  return expectLikeOrt({ nodes, inputs: { x: data }, constants, opset });
}

const coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
const newer = [...coordinates, "half_pixel_symmetric"];
const nearest = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
const targets: readonly Operands[] = [
  { scales: [1, 1, 2, 2] },
  { scales: [1, 1, 0.6, 0.6] },
  { scales: [1, 1, 1.5, 0.5] },
  { scales: [1, 1, 3, 1.3] },
  { sizes: [1, 2, 7, 8] },
  { sizes: [1, 2, 1, 3] },
  { sizes: [1, 2, 10, 6] },
];

/** ONNX's tests keep the fraction of size·scale when corners are aligned; ONNX Runtime does not. */
const isWhole = ({ scales }: Operands): boolean =>
  scales?.every((s, i) => Number.isInteger(s * [1, 2, 5, 6][i]!)) ?? true;

describe.each(newer)("%s", (coordinate_transformation_mode) => {
  const attrs = { coordinate_transformation_mode };
  const isAligned = coordinate_transformation_mode === "align_corners";
  describe.each(targets.filter((to) => !isAligned || isWhole(to)))("%j", (to) => {
    it.each(nearest)("nearest, %s", (nearest_mode) =>
      resize([1, 2, 5, 6], { ...attrs, mode: "nearest", nearest_mode }, to));
    it("linear", () => resize([1, 2, 5, 6], { ...attrs, mode: "linear" }, to));
    it("cubic", () => resize([1, 2, 5, 6], { ...attrs, mode: "cubic" }, to));
    it("cubic that excludes what is outside", () =>
      resize(
        [1, 2, 5, 6],
        { ...attrs, mode: "cubic", exclude_outside: 1, cubic_coeff_a: -0.5 },
        to,
      ));
  });
});

describe.each(["linear", "cubic"])("antialias, %s", (mode) => {
  it.each(targets)("%j", (to) => resize([1, 2, 5, 6], { mode, antialias: 1 }, to));
  it.each(targets)("%j without what is outside", (to) =>
    resize([1, 2, 5, 6], { mode, antialias: 1, exclude_outside: 1 }, to));
});

describe("tf_crop_and_resize", () => {
  const attrs = { coordinate_transformation_mode: "tf_crop_and_resize" };
  const roi = [0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8];
  const beyond = [0, 0, 0.4, -0.2, 1, 1, 1.2, 1.7];
  it.each(["nearest", "linear", "cubic"])("%s inside", (mode) =>
    resize([1, 1, 5, 6], { ...attrs, mode }, { sizes: [1, 1, 3, 4], roi }));
  it.each(["nearest", "linear"])("%s beyond", (mode) =>
    resize(
      [1, 1, 5, 6],
      { ...attrs, mode, extrapolation_value: { float: 10 } },
      { sizes: [1, 1, 3, 4], roi: beyond },
    ));
});

describe("axes and policies", () => {
  it("two axes", () => resize([1, 2, 5, 6], { mode: "linear", axes: [2, 3] }, { sizes: [7, 8] }));
  it("in another order", () =>
    resize([1, 2, 5, 6], { mode: "nearest", axes: [3, 2] }, { sizes: [7, 8] }));
  it.each(["not_larger", "not_smaller"])("%s", (keep_aspect_ratio_policy) =>
    resize(
      [1, 2, 5, 6],
      { mode: "nearest", axes: [2, 3], keep_aspect_ratio_policy },
      { sizes: [7, 8] },
    ));
});

describe("any rank", () => {
  it("a list", () => resize([7], {}, { scales: [1.7] }));
  it("a matrix", () => resize([4, 5], { mode: "cubic" }, { sizes: [7, 3] }));
  it("a signal", () => resize([1, 3, 8], { mode: "linear" }, { scales: [1, 1, 2] }));
  it("a volume, linear", () =>
    resize([1, 2, 3, 4, 5], { mode: "linear" }, { scales: [1, 1, 2, 1.5, 2] }));
  it("a volume, nearest", () => resize([1, 2, 3, 4, 5], {}, { scales: [1, 2, 2, 1.5, 2] }));
  it("batch and height, nearest", () => resize([2, 2, 3, 4], {}, { scales: [2, 1, 2, 1] }));
  it("nothing", () => resize([1, 2, 3, 4], { mode: "linear" }, { scales: [1, 1, 1, 1] }));
});

it.each([11, 13, 18, 19])("opset %i", (opset) =>
  resize([1, 2, 5, 6], { mode: "linear" }, { scales: [1, 1, 2, 2], roi: [] }, opset));

it("tf_half_pixel_for_nn", () =>
  resize(
    [1, 2, 5, 6],
    { coordinate_transformation_mode: "tf_half_pixel_for_nn" },
    { scales: [1, 1, 2, 0.6], roi: [] },
    11,
  ));

describe.each(["nearest", "linear"])("before roi and sizes, %s", (mode) => {
  const x = new Random(1).tensor("float32", [1, 2, 4, 6]);
  it.each([
    [1, 1, 2, 3],
    [1, 1, 1.5, 1.3],
  ])("Upsample by %d, %d, %d, %d", (...scales) => {
    const constants = { s: list(scales) };
    return expectLikeOrt({
      nodes: [{ op: "Upsample", inputs: ["x", "s"], attrs: { mode } }],
      inputs: { x },
      constants,
      opset: 9,
    });
  });
  it.each([
    [1, 1, 2, 2],
    [1, 1, 0.6, 0.6],
    [1, 1, 0.5, 1.7],
  ])("Resize by %d, %d, %d, %d", (...scales) => {
    const constants = { s: list(scales) };
    return expectLikeOrt({
      nodes: [{ op: "Resize", inputs: ["x", "s"], attrs: { mode } }],
      inputs: { x },
      constants,
      opset: 10,
    });
  });
});

it("integers, nearest", () => {
  const x = new Random(1).tensor("int32", [1, 1, 3, 4]);
  const constants = { s: list([1, 1, 2, 2]) };
  const nodes = [{ op: "Resize", inputs: ["x", "", "s"] }];
  return expectLikeOrt({ nodes, inputs: { x }, constants });
});

/** ONNX's test_resize_downsample_scales_linear_align_corners. */
it("aligns corners by the size that scales say, whole or not", () => {
  const bytes = encodeCase({
    nodes: [
      {
        op: "Resize",
        inputs: ["x", "", "scales"],
        attrs: { mode: "linear", coordinate_transformation_mode: "align_corners" },
      },
    ],
    inputs: { x: tensorOf("float32", [1, 1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) },
    constants: { scales: list([1, 1, 0.6, 0.6]) },
  });
  const graph = readOnnx(writeBytes(bytes), { report: () => undefined });
  const x = tensorOf("float32", [1, 1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
  expectNear(evaluate(graph, [x])[0]!, tensorOf("float32", [1, 1, 1, 2], [1, 3.142857]), 1e-5);
});
