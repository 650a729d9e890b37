/** int8 layers as wide as vectors are: tails behind 16 channels, loops over many vectors. */
import { constant, type Node, type Value } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { elementCount, type Quantization } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family } from "../case.ts";
import { activation, clampAttributes, randomConstant, stored, windowAttributes } from "../draw.ts";
import type { Random } from "../random.ts";

/** Now and then a filter's scale is far from the others', so that left shifts differ. */
function scales(r: Random, filters: number): Quantization {
  const one = () => (r.chance(0.03) ? r.real(0.05, 0.4) : r.real(0.001, 0.02));
  return { scale: r.list(filters, one), zeroPoint: new Array(filters).fill(0), axis: 0 };
}

function layer(r: Random, op: string, x: Value, shape: number[], attrs: Node["attrs"]): Node {
  const filters = shape[0]!;
  const quant = scales(r, filters);
  const w = randomConstant(r, { elem: "int8", shape, quant });
  const bias = tensorOf(
    "int32",
    [filters],
    r.list(filters, () => r.int(-90000, 90000)),
  );
  const operands = r.chance(0.7) ? [x, w, constant(bias)] : [x, w];
  const spread = x.type.quant!.scale[0]! * 0.5 * Math.sqrt(elementCount(shape) / filters);
  const y = { elem: "int8", quant: stored(r, spread * r.real(0.2, 3)) } as const;
  return buildNode(op, operands, { ...attrs, ...clampAttributes(r, spread * 100) }, { stored: y });
}

const width = (r: Random): number => r.pick([1, 3, 8, 15, 16, 17, 32, 33, 47, r.int(1, 160)]);

function convolution(r: Random): Node {
  const isPointwise = r.chance(0.5);
  const kernel = isPointwise ? [1, 1] : [r.int(1, 3), r.int(1, 3)];
  const [n, c, h, w] = [r.int(1, 2), width(r), r.int(1, 5), r.int(1, 5)];
  const planar = r.chance(0.2);
  const x = activation(r, planar ? [n, c, h, w] : [n, h, w, c], true);
  return layer(r, "Conv2D", x, [r.int(1, 11), ...kernel, c], {
    ...windowAttributes(r, kernel, isPointwise ? 0 : 2),
    ...(planar && { x_layout: "NCHW" }),
  });
}

/** 3x3 on whole vectors of channels, at least 4 pixels wide. */
function rows(r: Random): Node {
  const c = r.pick([16, 16, 32, 48, 64, 80]);
  const x = activation(r, [r.int(1, 2), r.int(1, 6), r.int(3, 19), c], true);
  return layer(r, "Conv2D", x, [r.pick([1, 6, 8, 16, r.int(1, 20)]), 3, 3, c], {
    strides: r.pick([
      [1, 1],
      [2, 2],
      [r.int(1, 3), r.int(1, 2)],
    ]),
    dilations: [r.pick([1, 1, 2]), 1],
    pads: r.list(4, () => r.int(0, 2)),
  });
}

function depthwise(r: Random): Node {
  const kernel = r.pick([
    [3, 3],
    [r.int(1, 5), r.int(1, 4)],
  ]);
  const isLarge = r.chance(0.15);
  const c = isLarge ? r.pick([4, 8]) : r.pick([2, 4, 8, 15, 16, 20, 32, r.int(2, 40)]);
  const [h, w] = isLarge ? [r.int(4, 40), r.int(4, 40)] : [r.int(1, 7), r.int(1, 9)];
  const x = activation(r, [r.int(1, 2), h, w, c], true);
  const isSame = kernel.join() === "3,3" && r.chance(0.4);
  return layer(r, "Conv2D", x, [c, ...kernel, 1], {
    group: c,
    ...(isSame ? { pads: [1, 1, 1, 1] } : windowAttributes(r, kernel, 2)),
  });
}

const fullyConnected = (r: Random): Node => {
  const size = r.chance(0.3) ? r.pick([r.int(128, 700), 8 * r.int(8, 80)]) : width(r);
  const x = activation(r, [r.int(1, 2), size], true);
  return layer(r, "FullyConnected", x, [r.int(1, 20), size], {});
};

export const families: readonly Family[] = [
  { name: "wide convolutions", sample: (r) => ({ node: convolution(r) }) },
  { name: "convolutions from rows", sample: (r) => ({ node: rows(r) }) },
  { name: "wide depthwise convolutions", sample: (r) => ({ node: depthwise(r) }) },
  { name: "wide fully connected", sample: (r) => ({ node: fullyConnected(r) }) },
];
