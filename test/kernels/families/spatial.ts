/** Windows over one to three axes in ONNX's order, of operands that are given at run time. */
import { type Attrs, input, type Node, type Value } from "../../../compiler/ir/graph.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family } from "../case.ts";
import { broadcastable, floatConstant, floatInput } from "../draw.ts";
import type { Random } from "../random.ts";

/** A window whose pads are smaller than its kernel. */
function windowAttrs(r: Random, kernel: readonly number[]): Attrs {
  const each = (low: number, high: number) => kernel.map(() => r.int(low, high));
  return {
    ...(r.chance(0.5) && { strides: each(1, 3) }),
    ...(r.chance(0.3) && { dilations: each(1, 2) }),
    ...(r.chance(0.2)
      ? { auto_pad: r.pick(["SAME_UPPER", "SAME_LOWER"]) }
      : { pads: [...kernel, ...kernel].map((k) => r.int(0, k - 1)) }),
  };
}

const sizes = (r: Random, rank: number): number[] => r.list(rank, () => r.int(1, 6));

const operand = (r: Random, shape: number[]): Value =>
  r.chance(0.2) ? floatConstant(r, shape) : floatInput(shape);

function convolution(r: Random): Node {
  const [rank, group] = [r.int(1, 3), r.int(1, 2)];
  const kernel = r.list(rank, () => r.int(1, 3));
  const [channels, filters] = [r.int(1, 3), r.int(1, 3)];
  const x = operand(r, [r.int(1, 2), channels * group, ...sizes(r, rank)]);
  const attrs = { ...windowAttrs(r, kernel), group };
  const bias = operand(r, [filters * group]);
  if (r.chance(0.5)) {
    const w = operand(r, [filters * group, channels, ...kernel]);
    return buildNode("Conv", [x, w, bias], attrs);
  }
  const more = r.chance(0.3) ? { output_padding: kernel.map(() => r.int(0, 1)) } : {};
  const w = operand(r, [channels * group, filters, ...kernel]);
  return buildNode("ConvTranspose", [x, w, bias], { ...attrs, ...more });
}

function pool(r: Random): Node {
  const rank = r.int(1, 3);
  const kernel = r.list(rank, () => r.int(1, 3));
  const op = r.pick(["MaxPool", "MaxPool", "MaxPoolIndices", "AveragePool", "LpPool"]);
  const elem = r.pick(["float32", "int8", "uint8"] as const);
  const shape = [r.int(1, 2), r.int(1, 3), ...sizes(r, rank)];
  const x = input("", { elem: op.startsWith("Max") ? elem : "float32", shape });
  const attrs: Attrs = {
    ...windowAttrs(r, kernel),
    kernel_shape: kernel,
    ceil_mode: r.int(0, 1),
    ...(op === "AveragePool" && { count_include_pad: r.int(0, 1) }),
    ...(op === "LpPool" && { p: r.int(1, 3) }),
    ...(op.startsWith("Max") && { storage_order: r.int(0, 1) }),
  };
  return buildNode(op, [x], attrs);
}

/** Some indices are outside, some come twice. */
function unpool(r: Random): Node {
  const rank = r.int(1, 3);
  const kernel = r.list(rank, () => r.int(1, 3));
  const shape = [r.int(1, 2), r.int(1, 3), ...sizes(r, rank)];
  const x = input("", { elem: r.pick(["int16", "float32", "int64"] as const), shape });
  const attrs = { kernel_shape: kernel, strides: r.list(rank, () => r.int(1, 3)) };
  return buildNode("MaxUnpool", [x, input("", { elem: "int64", shape })], attrs);
}

function gemm(r: Random): Node {
  const [m, k, n] = [r.int(1, 5), r.int(1, 9), r.int(1, 5)];
  const [transA, transB] = [r.int(0, 1), r.int(0, 1)];
  const operands = [
    operand(r, transA ? [k, m] : [m, k]),
    operand(r, transB ? [n, k] : [k, n]),
    operand(r, broadcastable(r, [m, n])),
  ];
  const attrs = { transA, transB, alpha: r.pick([1, 0.5, -2]), beta: r.pick([1, 0, 3]) };
  return buildNode("Gemm", operands, attrs);
}

export const families: readonly Family[] = [
  { name: "convolutions in ONNX's order", sample: (r) => ({ node: convolution(r) }) },
  { name: "pools in ONNX's order", sample: (r) => ({ node: pool(r) }) },
  { name: "unpooling", sample: (r) => ({ node: unpool(r) }) },
  { name: "products of run-time operands", sample: (r) => ({ node: gemm(r) }) },
];
