/** How frameworks name and order parameters, and how theirs become ours, which are PyTorch's. */
import { type Tensor, withShape } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape, sameShape } from "../ir/types.ts";
import type { ParameterSpec } from "../language/operators/operator.ts";
import { gather, viewIndex } from "../ops/move.ts";

export const weightsLayouts = ["pytorch", "tensorflow"] as const;
export type WeightsLayout = (typeof weightsLayouts)[number];

export interface Layout {
  /** Our name of a tensor in the file; names that are no parameter's stay as they are. */
  ourName(stored: string): string;
  /** In our order; of the parameter's shape if only axes of 1 differ, or else to be refused. */
  toOurs(stored: Tensor, spec: ParameterSpec): Tensor;
}

const pytorch: Layout = { ourName: (stored) => stored, toOurs: (stored) => stored };

/** Keras' names of parameters, and ours. */
const kerasNames = new Map([
  ["kernel", "weight"],
  ["depthwise_kernel", "weight"],
  ["gamma", "weight"],
  ["beta", "bias"],
  ["moving_mean", "running_mean"],
  ["moving_variance", "running_var"],
]);

/** `stem/conv/kernel:0` is stem.conv.weight. */
function nameFromKeras(stored: string): string {
  const path = stored.replace(/:0$/, "").split(/[/.]/);
  const last = path.pop()!;
  return [...path, kerasNames.get(last) ?? last].join(".");
}

function transposed(t: Tensor, perm: readonly number[]): Tensor {
  const own = rowMajorStrides(t.shape);
  const shape = perm.map((p) => t.shape[p]!);
  const steps = perm.map((p) => own[p]!);
  return gather(t, shape, viewIndex(shape, steps));
}

/** [kernel …, in, out] → [out, in, kernel …]; [in, out] → [out, in]. */
function filterFromKeras(t: Tensor): Tensor {
  const rank = t.shape.length;
  const kernel = Array.from({ length: rank - 2 }, (_, i) => i);
  return transposed(t, [rank - 1, rank - 2, ...kernel]);
}

/** [kernel …, channels, multiplier] → [channels · multiplier, 1, kernel …]. */
function depthwiseFromKeras(t: Tensor): Tensor {
  const rank = t.shape.length;
  const kernel = Array.from({ length: rank - 2 }, (_, i) => i);
  const turned = transposed(t, [rank - 2, rank - 1, ...kernel]);
  const [channels, multiplier, ...sizes] = turned.shape as [number, number, ...number[]];
  return withShape(turned, [channels * multiplier, 1, ...sizes]);
}

/** Rows over an image [sizes …, channels] → rows over one [channels, sizes …]. */
function channelsFirst(matrix: Tensor, [channels, ...sizes]: Shape): Tensor {
  const [rows] = matrix.shape;
  const image = [rows!, ...sizes, channels!];
  if (elementCount(image) !== matrix.data.length) return matrix;
  const last = image.length - 1;
  const turned = transposed(withShape(matrix, image), [0, last, ...sizes.map((_, i) => i + 1)]);
  return withShape(turned, matrix.shape);
}

function orderFromKeras(stored: Tensor, { role, image }: ParameterSpec): Tensor {
  if (stored.shape.length < 2) return stored;
  if (role === "depthwise") return depthwiseFromKeras(stored);
  if (role !== "filter" && role !== "matrix") return stored;
  const ours = filterFromKeras(stored);
  return image ? channelsFirst(ours, image) : ours;
}

const withoutOnes = (shape: Shape): Shape => shape.filter((d) => d !== 1);

const tensorflow: Layout = {
  ourName: nameFromKeras,
  toOurs: (stored, spec) => {
    const ours = orderFromKeras(stored, spec);
    const same = sameShape(withoutOnes(ours.shape), withoutOnes(spec.shape));
    return same ? withShape(ours, spec.shape) : ours;
  },
};

export const layoutOf = (name: WeightsLayout): Layout => ({ pytorch, tensorflow })[name];
