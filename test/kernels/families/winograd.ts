/** 3x3 convolutions of stride 1; int8 ones of weights and inputs as large as they get. */
import { constant, type Node } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { elementCount } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family } from "../case.ts";
import { activation, clampAttributes, floatConstant, stored } from "../draw.ts";
import type { Random } from "../random.ts";

function convolution(r: Random): Node {
  const [n, c, h, w] = [r.int(1, 2), 4 * r.pick([1, 2, 3, 4, 17]), r.int(1, 9), r.int(1, 10)];
  const x = activation(r, [n, h, w, c], true);
  const filters = r.int(1, 10);
  const shape = [filters, 3, 3, c];
  const most = r.pick([127, 127, 20]);
  const extreme = r.chance(0.2);
  const weight = () => (extreme ? r.pick([-128, 127]) : r.int(-most - 1, most));
  const scale = r.list(filters, () => r.real(0.001, 0.02));
  const quant = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  const weights = tensorOf("int8", shape, r.list(elementCount(shape), weight));
  const bias = tensorOf(
    "int32",
    [filters],
    r.list(filters, () => r.int(-90000, 90000)),
  );
  const spread = x.type.quant!.scale[0]! * most * 0.01 * Math.sqrt(9 * c);
  const y = { elem: "int8", quant: stored(r, spread * r.real(0.2, 3)) } as const;
  const attrs = {
    pads: r.list(4, () => r.int(0, 2)),
    ...(r.chance(0.2) && { y_layout: "NCHW" }),
    ...clampAttributes(r, spread * 100),
  };
  const operands = [x, constant(weights, "", quant), constant(bias)];
  return buildNode("Conv2D", operands, attrs, { stored: y });
}

function floats(r: Random): Node {
  const [n, c, h, w] = [r.int(1, 2), r.int(1, 9), r.int(1, 9), r.int(1, 10)];
  const planar = r.chance(0.3);
  const x = activation(r, planar ? [n, c, h, w] : [n, h, w, c], false);
  const filters = r.int(1, 10);
  const operands = [x, floatConstant(r, [filters, 3, 3, c])];
  if (r.chance(0.7)) operands.push(floatConstant(r, [filters]));
  return buildNode("Conv2D", operands, {
    pads: r.list(4, () => r.int(0, 2)),
    ...(planar && { x_layout: "NCHW" }),
    ...(r.chance(0.2) && { y_layout: "NCHW" }),
    ...clampAttributes(r, 4),
  });
}

export const families: readonly Family[] = [
  { name: "3x3 convolutions of stride 1", sample: (r) => ({ node: convolution(r) }) },
  { name: "3x3 convolutions of stride 1, float", sample: (r) => ({ node: floats(r) }) },
];
