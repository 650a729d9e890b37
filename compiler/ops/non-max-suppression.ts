/** Boxes of the highest scores that do not overlap too much. */
import { constant, num, type Value } from "../ir/graph.ts";
import { newArray, numbers, scalar, type Tensor } from "../ir/tensor.ts";
import { elementCount } from "../ir/types.ts";
import { checkNumber, constantInts } from "./move.ts";
import { declaredAttr, declaredShape, fail, type InferContext, type Operator } from "./operator.ts";

const round = Math.fround;

/** From where to where a box lies along x (0) or y (1): of two corners, or of centre and size. */
function along(box: ArrayLike<number>, axis: number, isCentred: boolean): [number, number] {
  if (isCentred) {
    const half = round(box[axis + 2]! / 2);
    return [round(box[axis]! - half), round(box[axis]! + half)];
  }
  const [a, b] = [box[1 - axis]!, box[3 - axis]!];
  return a < b ? [a, b] : [b, a];
}

/** The intersection's part of the union of two boxes, in float32. */
function overlap(a: ArrayLike<number>, b: ArrayLike<number>, isCentred: boolean): number {
  let [own, other, both] = [1, 1, 1];
  for (const axis of [0, 1]) {
    const [s, t] = [along(a, axis, isCentred), along(b, axis, isCentred)];
    const [low, high] = [Math.max(s[0], t[0]), Math.min(s[1], t[1])];
    if (high <= low) return 0;
    own = round(own * round(s[1] - s[0]));
    other = round(other * round(t[1] - t[0]));
    both = round(both * round(high - low));
  }
  const union = round(round(own + other) - both);
  return own > 0 && other > 0 ? round(both / union) : 0;
}

interface Limits {
  readonly most: number;
  readonly overlap: number;
  readonly score: number;
  readonly isCentred: boolean;
}

/** Boxes [n][4] of one class, the best first; of equal scores the first. */
function picked(boxes: readonly ArrayLike<number>[], scores: readonly number[], limits: Limits) {
  const kept: number[] = [];
  const order = scores
    .map((_, i) => i)
    .filter((i) => scores[i]! > limits.score)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  for (const i of order) {
    if (kept.length >= limits.most) break;
    const isFree = kept.every((k) => {
      const part = overlap(boxes[k]!, boxes[i]!, limits.isCentred);
      return part === 0 || !(part > limits.overlap);
    });
    if (isFree) kept.push(i);
  }
  return kept;
}

/** Batch, class and box of every pick. */
function picks(inputs: readonly (Tensor | undefined)[], isCentred: boolean): number[][] {
  const [boxes, scores, ...rest] = inputs as Tensor[];
  const [most, limit, score] = rest.map((t) => numbers(t)[0]!) as [number, number, number];
  const limits = { most, overlap: limit, score, isCentred };
  const [batch, classes, count] = scores!.shape as [number, number, number];
  const found: number[][] = [];
  for (let b = 0; b < batch; b++) {
    const own = Array.from({ length: count }, (_, i) =>
      (boxes!.data as Float32Array).subarray((b * count + i) * 4, (b * count + i + 1) * 4),
    );
    for (let c = 0; c < classes; c++) {
      const first = (b * classes + c) * count;
      const of = Array.from((scores!.data as Float32Array).subarray(first, first + count));
      found.push(...picked(own, of, limits).map((i) => [b, c, i]));
    }
  }
  return found;
}

const limitNames = ["max_output_boxes_per_class", "iou_threshold", "score_threshold"];

function picksMost(context: InferContext): number {
  const [boxes, scores] = [context.inputs[0]!.shape, context.inputs[1]!.shape];
  const [batch, classes, count] = scores as [number, number, number];
  if (`${boxes}` !== `${[batch, count, 4]}` || scores.length !== 3)
    fail(`boxes [${boxes}] and scores [${scores}] are not [n, b, 4] and [n, c, b]`);
  for (const [i, name] of limitNames.entries()) checkNumber(context, i + 2, name);
  const limit = context.constant(3)?.data[0] ?? 0;
  if (!(limit >= 0 && limit <= 1)) fail(`'iou_threshold' is ${limit}, not from 0 to 1`);
  const all = context.inputs.map((_, i) => context.constant(i));
  const isCentred = num(context, "center_point_box") !== 0;
  if (all.every((t) => t !== undefined)) return picks(all, isCentred).length;
  const each = context.constant(2) ? constantInts(context, 2, "")[0]! : count;
  return batch * classes * Math.max(0, Math.min(count, each));
}

/** What absent inputs stand for: no picks, any overlap, any score. */
const absent = (): readonly Value[] => [
  constant(scalar("int64", 0)),
  constant(scalar("float32", 0)),
  constant(scalar("float32", -3.4028234663852886e38)),
];

const nonMaxSuppression: Operator = {
  name: "NonMaxSuppression",
  level: "any",
  inputs: [
    ...["boxes: T", "scores: T"],
    ...limitNames.map((name, i) => `${name}?: ${i === 0 ? "I" : "T"}`),
  ],
  outputs: 1,
  attrs: { center_point_box: "flag", ...declaredAttr },
  defaults: { center_point_box: 0 },
  types: { T: ["float32"], I: ["int64"] },
  upgrade: (node) => {
    const [boxes, scores, ...given] = node.inputs;
    return { ...node, inputs: [boxes, scores, ...absent().map((v, i) => given[i] ?? v)] };
  },
  declares: { inputs: [0, 1, 2, 3, 4] },
  infer: (context) => {
    const most = picksMost(context);
    const length = declaredShape(context)?.[0] ?? most;
    if (length > most) fail(`${length} boxes are declared, but no more than ${most} are possible`);
    return [{ elem: "int64", shape: [length, 3] }];
  },
  evaluate: ({ inputs, attrs, types }) => {
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape));
    const found = picks(inputs, num({ attrs }, "center_point_box") !== 0).slice(0, shape[0]!);
    for (const [i, at] of found.flat().entries()) data[i] = BigInt(at);
    return [{ elem, shape, data }];
  },
};

export const suppressionOperators: readonly Operator[] = [nonMaxSuppression];
