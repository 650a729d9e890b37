/** How frameworks name and order parameters, and how theirs become ours, which are PyTorch's. */
import { type Tensor, withShape } from "../ir/tensor.ts";
import { rowMajorStrides, type Shape, sameShape } from "../ir/types.ts";
import type { ParameterRole } from "../language/operators/operator.ts";
import { gather, viewIndex } from "../ops/move.ts";

export const weightsLayouts = ["pytorch", "tensorflow"] as const;
export type WeightsLayout = (typeof weightsLayouts)[number];

export interface Layout {
  /** Our name of a tensor in the file; names that are no parameter's stay as they are. */
  ourName(stored: string): string;
  /** In our order; of the shape `wanted` if only axes of 1 differ, else the caller refuses it. */
  toOurs(stored: Tensor, role: ParameterRole, wanted: Shape): Tensor;
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

function orderFromKeras(stored: Tensor, role: ParameterRole): Tensor {
  if (stored.shape.length < 2) return stored;
  if (role === "depthwise") return depthwiseFromKeras(stored);
  return role === "filter" || role === "matrix" ? filterFromKeras(stored) : stored;
}

const withoutOnes = (shape: Shape): Shape => shape.filter((d) => d !== 1);

const tensorflow: Layout = {
  ourName: nameFromKeras,
  toOurs: (stored, role, wanted) => {
    const ours = orderFromKeras(stored, role);
    const same = sameShape(withoutOnes(ours.shape), withoutOnes(wanted));
    return same ? withShape(ours, wanted) : ours;
  },
};

export const layoutOf = (name: WeightsLayout): Layout => ({ pytorch, tensorflow })[name];
