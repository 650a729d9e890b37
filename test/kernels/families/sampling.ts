/** Images read at places that are computed; determinants. */
import { constant, input } from "../../../compiler/ir/graph.ts";
import { int64s } from "../../../compiler/ir/tensor.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import { floatInput, intConstant } from "../draw.ts";
import type { Random } from "../random.ts";

const sizes = (r: Random, count: number, low = 1, high = 5): number[] =>
  r.list(count, () => r.int(low, high));

function gridSample(r: Random): Sample {
  const rank = r.int(1, 3);
  const [n, c] = [r.int(1, 2), r.int(1, 3)];
  const grid = [n, ...sizes(r, rank, 1, 4), rank];
  const attrs = {
    mode: r.pick(["nearest", "linear", "cubic"]),
    padding_mode: r.pick(["zeros", "border", "reflection"]),
    align_corners: r.int(0, 1),
  };
  const operands = [floatInput([n, c, ...sizes(r, rank)]), floatInput(grid)];
  const reach = r.pick([1, 1.5, 9]);
  return { node: buildNode("GridSample", operands, attrs), range: [-reach, reach] };
}

function affineGrid(r: Random): Sample {
  const rank = r.int(2, 3);
  const [n, size] = [r.int(1, 2), sizes(r, rank)];
  const operands = [floatInput([n, rank, rank + 1]), constant(int64s([n, 1, ...size]))];
  return { node: buildNode("AffineGrid", operands, { align_corners: r.int(0, 1) }) };
}

function roiAlign(r: Random): Sample {
  const count = r.int(1, 4);
  const x = floatInput([r.int(1, 3), r.int(1, 3), ...sizes(r, 2, 1, 7)]);
  const attrs = {
    mode: r.pick(["avg", "max"]),
    coordinate_transformation_mode: r.pick(["half_pixel", "output_half_pixel"]),
    output_height: r.int(1, 3),
    output_width: r.int(1, 3),
    sampling_ratio: r.int(0, 3),
    spatial_scale: r.pick([1, 0.5, 2]),
  };
  const operands = [x, floatInput([count, 4]), input("", { elem: "int64", shape: [count] })];
  return { node: buildNode("RoiAlign", operands, attrs), range: [-2, 7] };
}

function maxRoiPool(r: Random): Sample {
  const x = floatInput([r.int(1, 3), r.int(1, 3), ...sizes(r, 2, 1, 7)]);
  const attrs = { pooled_shape: sizes(r, 2, 1, 3), spatial_scale: r.pick([1, 0.5, 2]) };
  const node = buildNode("MaxRoiPool", [x, floatInput([r.int(1, 4), 5])], attrs);
  return { node, range: [-2, 7] };
}

function col2im(r: Random): Sample {
  const rank = r.int(1, 3);
  const [image, block] = [sizes(r, rank), sizes(r, rank, 1, 3)];
  const [strides, dilations] = [sizes(r, rank, 1, 2), sizes(r, rank, 1, 2)];
  const pads = sizes(r, 2 * rank, 0, 1);
  const blocks = image.map((d, i) => {
    const extent = (block[i]! - 1) * dilations[i]! + 1;
    return Math.floor((d + pads[i]! + pads[i + rank]! - extent) / strides[i]!) + 1;
  });
  const all = (list: number[]) => list.reduce((a, b) => a * b, 1);
  const x = floatInput([r.int(1, 2), r.int(1, 2) * all(block), Math.max(0, all(blocks))]);
  const operands = [x, intConstant(image), intConstant(block)];
  return { node: buildNode("Col2Im", operands, { strides, dilations, pads }) };
}

function deformConv(r: Random): Sample {
  const [n, group, offsets] = [r.int(1, 2), r.int(1, 2), r.int(1, 2)];
  const [perGroup, filters] = [2 * r.int(1, 2), r.int(1, 2)];
  const [kernel, strides, pads] = [sizes(r, 2, 1, 3), sizes(r, 2, 1, 2), sizes(r, 4, 0, 1)];
  const size = sizes(r, 2, 3, 6);
  const out = size.map(
    (d, i) => Math.floor((d + pads[i]! + pads[i + 2]! - kernel[i]!) / strides[i]!) + 1,
  );
  const taps = offsets * kernel[0]! * kernel[1]!;
  const operands = [
    floatInput([n, perGroup * group, ...size]),
    floatInput([filters * group, perGroup, ...kernel]),
    floatInput([n, 2 * taps, ...out]),
    floatInput([filters * group]),
    ...(r.chance(0.5) ? [floatInput([n, taps, ...out])] : []),
  ];
  const attrs = { group, offset_group: offsets, strides, pads, kernel_shape: kernel };
  return { node: buildNode("DeformConv", operands, attrs), range: [-1.5, 1.5] };
}

const det = (r: Random): Sample => {
  const n = r.int(1, 5);
  return { node: buildNode("Det", [floatInput([...sizes(r, r.int(0, 2), 1, 3), n, n])]) };
};

export const families: readonly Family[] = [
  { name: "grids of places", sample: gridSample },
  { name: "affine grids", sample: affineGrid },
  { name: "regions", sample: roiAlign },
  { name: "maxima of regions", sample: maxRoiPool },
  { name: "blocks of images", sample: col2im },
  { name: "deformed convolutions", sample: deformConv },
  { name: "determinants", sample: det },
];
