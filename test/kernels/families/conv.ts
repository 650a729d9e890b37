import { constant, type Node, type Value } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { elementCount, perTensor, type Quantization } from "../../../compiler/ir/types.ts";
import { build, buildNode } from "../../../compiler/ops/build.ts";
import type { Family } from "../case.ts";
import {
  activation,
  clampAttributes,
  floatConstant,
  randomConstant,
  stored,
  windowAttributes,
} from "../draw.ts";
import type { Random } from "../random.ts";

function weightQuantization(r: Random, filters: number): Quantization {
  if (r.chance(0.3)) return perTensor(r.real(0.001, 0.02), 0);
  const scale = r.list(filters, () => r.real(0.001, 0.02));
  return { scale, zeroPoint: scale.map(() => 0), ...(filters > 1 && { axis: 0 }) };
}

const biasOf = (r: Random, filters: number): Value =>
  constant(
    tensorOf(
      "int32",
      [filters],
      r.list(filters, () => r.int(-9000, 9000)),
    ),
  );

/** A weighted node on floats, or on int8 with an int8 or int32 result. */
function weighted(r: Random, op: string, x: Value, shape: number[], attrs: Node["attrs"]): Node {
  const filters = shape[0]!;
  const hasBias = r.chance(0.7);
  if (!x.type.quant) {
    const bias = hasBias ? [floatConstant(r, [filters])] : [];
    const clamps = clampAttributes(r, 2);
    return buildNode(op, [x, floatConstant(r, shape), ...bias], { ...attrs, ...clamps });
  }
  const quant = weightQuantization(r, filters);
  const w = randomConstant(r, { elem: "int8", shape, quant });
  const operands = [x, w, ...(hasBias ? [biasOf(r, filters)] : [])];
  const product = x.type.quant.scale[0]! * quant.scale[0]!;
  if (r.chance(0.15)) {
    const result = { elem: "int32", quant: perTensor(product, 0) } as const;
    return buildNode(op, operands, attrs, { stored: result });
  }
  const spread = product * 50 * Math.sqrt(elementCount(shape.slice(1))) * r.real(0.2, 3);
  const y = { elem: "int8", quant: stored(r, r.chance(0.1) ? product : spread) } as const;
  return buildNode(op, operands, { ...attrs, ...clampAttributes(r, spread * 100) }, { stored: y });
}

function convolution(r: Random): Node {
  const group = r.pick([1, 1, 2, 3, 8, 8]);
  const perGroup = group === 8 || r.chance(0.3) ? 1 : r.int(1, 5);
  const filters = group * (group === 8 ? r.int(1, 2) : r.int(1, 3));
  const kernel = [r.pick([1, 2, 3, 5]), r.pick([1, 3, 4])];
  const [n, c, h, w] = [r.int(1, 2), group * perGroup, r.int(1, 9), r.int(1, 7)];
  const planar = r.chance(0.3);
  const x = activation(r, planar ? [n, c, h, w] : [n, h, w, c], r.chance(0.6));
  return weighted(r, "Conv2D", x, [filters, ...kernel, perGroup], {
    ...(group > 1 && { group }),
    ...windowAttributes(r, kernel, 2),
    ...(planar && { x_layout: "NCHW" }),
    ...(r.chance(0.2) && { y_layout: "NCHW" }),
  });
}

/** Kernels as large as their strides, depthwise ones of all sizes, and any others. */
function transposed(r: Random): Node {
  const group = r.pick([1, 1, 2, 8, 8]);
  const perGroup = group === 8 ? 1 : r.int(1, 5);
  const filters = group * (group === 8 ? 1 : r.int(1, 4));
  const odd = [r.pick([1, 2, 3, 4]), r.pick([1, 3, 4, 5])];
  const kernel = r.pick([odd, odd, [2, 2], [3, 3]]);
  const [n, c, h, w] = [r.int(1, 2), group * perGroup, r.int(1, 5), r.int(1, 5)];
  const planar = r.chance(0.3);
  const x = activation(r, planar ? [n, c, h, w] : [n, h, w, c], r.chance(0.6));
  return weighted(r, "ConvTranspose2D", x, [filters, ...kernel, perGroup], {
    ...(group > 1 && { group }),
    ...(r.chance(0.7) ? windowAttributes(r, kernel, 2) : { strides: kernel }),
    ...(r.chance(0.3) && { output_padding: [r.int(0, 2), r.int(0, 2)] }),
    ...(planar && { x_layout: "NCHW" }),
    ...(r.chance(0.2) && { y_layout: "NCHW" }),
  });
}

/** Phases of 3x3 taps over whole vectors of channels. */
function wideTransposed(r: Random): Node {
  const strides = [r.int(1, 2), r.int(1, 2)];
  const [n, c, h, w] = [r.int(1, 2), r.pick([16, 32]), r.int(1, 4), r.int(3, 6)];
  const kernel = strides.map((s) => 3 * s);
  const x = activation(r, [n, h, w, c], r.chance(0.8));
  return weighted(r, "ConvTranspose2D", x, [r.int(1, 6), ...kernel, c], {
    strides,
    pads: r.list(4, () => r.int(0, 3)),
  });
}

function fullyConnected(r: Random): Node {
  const [rows, size, filters] = [r.int(1, 6), r.int(1, 40), r.int(1, 12)];
  return weighted(
    r,
    "FullyConnected",
    activation(r, [rows, size], r.chance(0.6)),
    [filters, size],
    {},
  );
}

/** Now and then with one row of windows that have all rows. */
function pool(r: Random): Node {
  const quantized = r.chance(0.6);
  const c = r.pick([4, 8, 20, r.int(1, 5)]);
  const [n, h, w] = [r.int(1, 2), r.int(1, 9), r.int(1, 7)];
  const isWhole = r.chance(0.3);
  const kernel = [isWhole ? h : r.int(1, 4), r.int(1, 3)];
  const planar = r.chance(0.3);
  const x = activation(r, planar ? [n, c, h, w] : [n, h, w, c], quantized);
  const op = r.pick(["AveragePool2D", "MaxPool2D"]);
  const scale = x.type.quant?.scale[0] ?? 0.01;
  const attrs = {
    kernel_shape: kernel,
    ...(isWhole
      ? { strides: [1, r.int(1, 2)], pads: [0, r.int(0, 1), 0, r.int(0, 1)] }
      : windowAttributes(r, kernel, 2)),
    ...(r.chance(0.3) && { ceil_mode: 1 }),
    ...(r.chance(0.4) && op === "AveragePool2D" && { count_include_pad: 1 }),
    ...(planar && { x_layout: "NCHW" }),
    ...clampAttributes(r, scale * 100),
  };
  const same = op === "MaxPool2D" || r.chance(0.4);
  const quant = same ? x.type.quant : stored(r, scale * r.real(0.3, 2));
  return quantized
    ? buildNode(op, [x], attrs, { stored: { elem: "int8", quant } })
    : build(op, [x], attrs).node;
}

export const families: readonly Family[] = [
  { name: "convolutions", sample: (r) => ({ node: convolution(r) }) },
  { name: "transposed convolutions", sample: (r) => ({ node: transposed(r) }) },
  { name: "wide transposed convolutions", sample: (r) => ({ node: wideTransposed(r) }) },
  { name: "fully connected", sample: (r) => ({ node: fullyConnected(r) }) },
  { name: "pools", sample: (r) => ({ node: pool(r) }) },
];
