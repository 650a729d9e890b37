/** Scales and zero points that are operands. */
import { constant, input, type Node, type Value } from "../../../compiler/ir/graph.ts";
import { float32s } from "../../../compiler/ir/tensor.ts";
import { type ElementType, elementCount, type Shape } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { type Family, randomTensor } from "../case.ts";
import { broadcastable, floatInput, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

const stored = ["int8", "uint8", "int16", "uint16", "int32"] as const;
const narrow = ["int4", "uint4", "int2", "uint2"] as const;

const integers = (r: Random, elem: ElementType, shape: Shape): Value =>
  r.chance(0.3) ? constant(randomTensor({ elem, shape }, r)) : input("", { elem, shape });

/** One scale for all, one for each index along an axis, or one for each block. */
function scaled(r: Random): Node {
  const shape = randomShape(r, 4, 1);
  const axis = r.int(0, shape.length - 1);
  const kind = r.int(0, 2);
  const block = r.int(1, 3);
  const scaleShape =
    kind === 0
      ? []
      : kind === 1
        ? [shape[axis]!]
        : shape.with(axis, Math.ceil(shape[axis]! / block));
  const attrs = { axis, ...(kind === 2 && { block_size: block }) };
  const scales = r.list(elementCount(scaleShape), () => r.real(0.01, 0.2));
  const scale = r.chance(0.5) ? constant(float32s(scaleShape, scales)) : floatInput(scaleShape);
  if (r.chance(0.5)) {
    const elem = r.pick([...stored, ...narrow]);
    const operands = [input("", { elem, shape }), scale, integers(r, elem, scaleShape)];
    return buildNode("DequantizeLinear", operands, attrs);
  }
  const zero = integers(r, r.pick([...stored.slice(0, 4), ...narrow]), scaleShape);
  return buildNode("QuantizeLinear", [floatInput(shape), scale, zero], attrs);
}

const byte = (r: Random) => r.pick(["int8", "uint8"] as const);

function product(r: Random): Node {
  const batch = randomShape(r, 2, 0, 3);
  const [m, k, n] = [r.int(1, 4), r.int(1, 7), r.int(1, 4)];
  const [a, b] = [
    [...broadcastable(r, batch), m, k],
    [...broadcastable(r, batch), k, n],
  ] as const;
  const [x, w] = [byte(r), byte(r)];
  const zeros = [r.pick([[], [m], a.with(-1, 1)]), r.pick([[], [1], [n], b.with(-2, 1)])];
  return buildNode("MatMulInteger", [
    integers(r, x, a),
    integers(r, w, b),
    integers(r, x, zeros[0]!),
    integers(r, w, zeros[1]!),
  ]);
}

function convolution(r: Random): Node {
  const [rank, group] = [r.int(1, 3), r.int(1, 2)];
  const kernel = r.list(rank, () => r.int(1, 3));
  const [channels, filters] = [r.int(1, 3), r.int(1, 3) * group];
  const shape = [r.int(1, 2), channels * group, ...r.list(rank, () => r.int(1, 5))];
  const [x, w] = [byte(r), byte(r)];
  const pads = [...kernel, ...kernel].map((size) => r.int(0, size - 1));
  const operands = [
    integers(r, x, shape),
    integers(r, w, [filters, channels, ...kernel]),
    integers(r, x, []),
    integers(r, w, r.pick([[], [filters]])),
  ];
  return buildNode("ConvInteger", operands, { group, pads });
}

export const families: readonly Family[] = [
  { name: "scales in memory", sample: (r) => ({ node: scaled(r), range: [-3, 3] }) },
  { name: "integer products", sample: (r) => ({ node: product(r) }) },
  { name: "integer convolutions", sample: (r) => ({ node: convolution(r) }) },
];
