import { constant, constantOf, input, type Node } from "../../../compiler/ir/graph.ts";
import { float32s, tensorOf } from "../../../compiler/ir/tensor.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { resizeTables } from "../../../compiler/ops/resize.ts";
import { isIdentity } from "../../../compiler/ops/taps.ts";
import type { Family } from "../case.ts";
import { activation, intConstant, randomShape, stored } from "../draw.ts";
import type { Random } from "../random.ts";

/** Picked rows, and columns in half of the cases; often several times the same. */
function nearest(r: Random): Node {
  const shape = randomShape(r, 5, 2);
  const axes = r.int(1, 2);
  const axis = r.int(0, shape.length - axes);
  const list = (size: number) => {
    const indices = r.list(r.int(1, 9), () => r.int(0, size - 1));
    return intConstant(r.chance(0.7) ? indices.sort((a, b) => a - b) : indices, "int32");
  };
  const elem = r.pick(["int8", "int16", "float32", "int64"] as const);
  const quant = elem === "int8" ? stored(r) : undefined;
  const x = input("", { elem, shape, ...(quant && { quant }) });
  const lists = Array.from({ length: axes }, (_, i) => list(shape[axis + i]!));
  return buildNode("ResizeNearest", [x, ...lists], { axis });
}

const coordinates = ["half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"];

/** The tables of a random Resize along one axis or two. */
function interpolate(r: Random): Node {
  const shape = randomShape(r, 4, 2, 6);
  const axes = r.int(1, 2);
  const axis = r.int(0, shape.length - axes);
  const own = shape.slice(axis, axis + axes);
  const scales = own.map((d) => Math.max(1 / d, r.pick([2, 1.5, 0.6, r.real(0.3, 3)])));
  const roi = [...own.map(() => r.real(-0.3, 0.3)), ...own.map(() => r.real(0.7, 1.3))];
  const list = (xs: number[]) => constant(float32s([xs.length], xs));
  const operands = [undefined, list(roi), list(scales)];
  const attrs = {
    mode: r.pick(["linear", "linear", "cubic"]),
    coordinate_transformation_mode: r.pick(coordinates),
    axes: own.map((_, i) => axis + i),
    antialias: r.int(0, 1),
    exclude_outside: r.int(0, 1),
  };
  const x = activation(r, shape, r.chance(0.7));
  const tables = resizeTables({
    inputs: [x.type, ...operands.map((v) => v?.type).slice(1)],
    attrs,
    outputCount: 1,
    constant: (i) => constantOf(operands[i]),
  }).slice(axis, axis + axes);
  if (tables.every((t, i) => isIdentity(t, own[i]!))) return interpolate(r);
  const inputs = tables.flatMap((t) => [
    constant(tensorOf("int32", [t.begin.length], t.begin)),
    constant(float32s([t.begin.length, t.taps], t.weights)),
  ]);
  const more = { axis, extrapolation_value: r.real(-1, 1) };
  if (!x.type.quant) return buildNode("Interpolate", [x, ...inputs], more);
  const quant = r.chance(0.5) ? x.type.quant : stored(r, x.type.quant.scale[0]! * r.real(0.5, 2));
  return buildNode("Interpolate", [x, ...inputs], more, { stored: { elem: "int8", quant } });
}

const everyCoordinate = [
  ...coordinates,
  ...["half_pixel_symmetric", "pytorch_half_pixel", "tf_half_pixel_for_nn"],
];

/** Scales that are read at run time, or sizes; the shape is declared. */
function resizeAt(r: Random): Node {
  const shape = randomShape(r, 4, 1, 6);
  const axes = r.shuffled(shape.map((_, i) => i)).slice(0, r.int(1, shape.length));
  const list = (xs: number[]) => constant(float32s([xs.length], xs));
  const roi = list([...axes.map(() => r.real(-0.3, 0.3)), ...axes.map(() => r.real(0.7, 1.3))]);
  const declared = shape.map((d, i) => (axes.includes(i) ? r.int(1, 2 * d) : d));
  const sizes = intConstant(axes.map((a) => declared[a]!));
  const lists = r.chance(0.5)
    ? [input("", { elem: "float32", shape: [axes.length] })]
    : [undefined, sizes];
  const attrs = {
    axes,
    declared,
    mode: r.pick(["nearest", "linear", "cubic"]),
    coordinate_transformation_mode: r.pick(everyCoordinate),
    nearest_mode: r.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
    keep_aspect_ratio_policy: r.pick(["stretch", "not_larger", "not_smaller"]),
    exclude_outside: r.int(0, 1),
  };
  return buildNode("Resize", [input("", { elem: "float32", shape }), roi, ...lists], attrs);
}

export const families: readonly Family[] = [
  { name: "resizing at run time", sample: (r) => ({ node: resizeAt(r), range: [0.5, 2.5] }) },
  { name: "nearest resizes", sample: (r) => ({ node: nearest(r) }) },
  { name: "interpolations", sample: (r) => ({ node: interpolate(r) }) },
];
