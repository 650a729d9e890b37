/** Attention over several heads, and rotary embeddings. */
import { type Attrs, num } from "../ir/graph.ts";
import { numbers, type Tensor, tensorOf } from "../ir/tensor.ts";
import type { Shape, TensorType } from "../ir/types.ts";
import { broadcastIndex } from "./binary.ts";
import {
  broadcastShapes,
  type EvalContext,
  fail,
  floats,
  type InferContext,
  type Operator,
} from "./operator.ts";

/** Which of Attention's operands is which. */
export const operand = {
  ...{ q: 0, k: 1, v: 2, mask: 3, pastKey: 4, pastValue: 5, lengths: 6 },
} as const;

/** Sizes of an Attention, its heads apart. */
export interface Heads {
  readonly batch: number;
  readonly queryHeads: number;
  readonly heads: number;
  readonly queries: number;
  /** Keys of the past, and all. */
  readonly past: number;
  readonly keys: number;
  readonly size: number;
  readonly valueSize: number;
  readonly scale: number;
  readonly softcap: number;
  readonly isCausal: boolean;
  /** How far a query sees to each side; Infinity: as far as there are keys. */
  readonly left: number;
  readonly right: number;
}

type Types = readonly (Pick<TensorType, "shape"> | undefined)[];

/** [batch, heads, length, size] of a tensor that may have its heads side by side. */
function headShape(shape: Shape, heads: number, what: string): Shape {
  if (shape.length === 4) return shape;
  const [batch, length, hidden] = shape as [number, number, number];
  if (shape.length !== 3) fail(`${what} has rank ${shape.length}, not 3 or 4`);
  if (!(heads > 0) || hidden % heads !== 0)
    fail(`${hidden} numbers of ${what} are no ${heads} heads`);
  return [batch, heads, length, hidden / heads];
}

const reach = (attrs: Attrs, name: string): number => {
  const size = num({ attrs }, name, -1);
  if (size < -1) fail(`'${name}' is ${size}`);
  return size === -1 ? Infinity : size;
};

export function headsOf(types: Types, attrs: Attrs): Heads {
  const [q, k, v, , pastKey, pastValue] = types.map((t) => t?.shape);
  const [batch, queryHeads, queries, size] = headShape(q!, num({ attrs }, "q_num_heads"), "Q");
  const own = num({ attrs }, "kv_num_heads");
  const [kb, heads, length, keySize] = headShape(k!, own, "K");
  const [vb, valueHeads, values, valueSize] = headShape(v!, own, "V");
  if (kb !== batch || vb !== batch || keySize !== size || valueHeads !== heads || values !== length)
    fail(`Q [${q}], K [${k}] and V [${v}] do not fit each other`);
  if (queryHeads! % heads! !== 0) fail(`${queryHeads} heads of Q do not share ${heads} of K`);
  if (!pastKey !== !pastValue) fail("'past_key' and 'past_value' come together");
  const past = pastKey?.[2] ?? 0;
  if (pastKey && pastKey.join() !== `${batch},${heads},${past},${size}`)
    fail(`past_key has shape [${pastKey}]`);
  if (pastValue && pastValue.join() !== `${batch},${heads},${past},${valueSize}`)
    fail(`past_value has shape [${pastValue}]`);
  return {
    batch: batch!,
    queryHeads: queryHeads!,
    heads: heads!,
    queries: queries!,
    past,
    keys: past + length!,
    size: size!,
    valueSize: valueSize!,
    scale: num({ attrs }, "scale", 1 / Math.sqrt(size!)),
    softcap: num({ attrs }, "softcap"),
    isCausal: num({ attrs }, "is_causal") !== 0,
    left: reach(attrs, "left_window_size"),
    right: reach(attrs, "right_window_size"),
  };
}

/** The mask's shape with all keys; it may have fewer. */
export function maskShape(mask: Shape, h: Heads): Shape {
  const last = mask.at(-1) ?? 1;
  const all = last < h.keys && last !== 1 ? [...mask.slice(0, -1), h.keys] : mask;
  const scores = [h.batch, h.queryHeads, h.queries, h.keys];
  if (broadcastShapes([all, scores]).join() !== scores.join())
    fail(`the mask [${mask}] does not broadcast to [${scores}]`);
  return all;
}

function infer(context: InferContext): TensorType[] {
  const { inputs, attrs, outputCount } = context;
  const h = headsOf(inputs, attrs);
  const mask = inputs[operand.mask];
  if (mask) maskShape(mask.shape, h);
  const lengths = inputs[operand.lengths];
  if (lengths && lengths.shape.join() !== `${h.batch}`)
    fail(`nonpad_kv_seqlen has shape [${lengths.shape}], not [${h.batch}]`);
  if (lengths && h.past > 0) fail("nonpad_kv_seqlen does not go with past keys");
  const { batch, queryHeads, heads, queries, keys } = h;
  const { elem, shape } = inputs[0]!;
  const y =
    shape.length === 3
      ? [batch, queries, queryHeads * h.valueSize]
      : [batch, queryHeads, queries, h.valueSize];
  const shapes = [
    y,
    [batch, heads, keys, h.size],
    [batch, heads, keys, h.valueSize],
    [batch, queryHeads, queries, keys],
  ];
  return shapes.slice(0, outputCount).map((s) => ({ elem, shape: s }));
}

/** Numbers as [batch, heads, length, size]. */
function inHeads({ data, shape }: Tensor, heads: number): ArrayLike<number> {
  const from = data as Float32Array;
  if (shape.length === 4) return from;
  const [batch, , length, size] = headShape(shape, heads, "") as [number, number, number, number];
  const out = new Float64Array(from.length);
  let i = 0;
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < length; t++)
        for (let d = 0; d < size; d++) out[i++] = from[((b * length + t) * heads + h) * size + d]!;
  return out;
}

/** Past and present along the third of four axes. */
function joined(past: Tensor | undefined, own: ArrayLike<number>, outer: number): Float64Array {
  const before = (past?.data as Float32Array | undefined) ?? new Float32Array(0);
  const [a, b] = [before.length / outer, own.length / outer];
  const all = new Float64Array(before.length + own.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < a; i++) all[o * (a + b) + i] = before[o * a + i]!;
    for (let i = 0; i < b; i++) all[o * (a + b) + a + i] = own[o * b + i]!;
  }
  return all;
}

/** What is added to a score before the softmax: 0 or the mask, -Infinity where nothing is seen. */
function biasOf(
  context: EvalContext,
  h: Heads,
): (b: number, head: number, i: number, j: number) => number {
  const mask = context.inputs[operand.mask];
  const lengths = context.inputs[operand.lengths];
  const valid = lengths && numbers(lengths);
  const scores = [h.batch, h.queryHeads, h.queries];
  const last = mask?.shape.at(-1) ?? 1;
  const rows = mask && broadcastIndex([...mask.shape.slice(0, -1), 1], [...scores, 1]);
  return (b, head, i, j) => {
    const offset = valid ? valid[b]! - h.queries : h.past;
    const far = i + offset - j;
    if (h.isCausal && far < 0) return -Infinity;
    if (far > h.left || -far > h.right) return -Infinity;
    if (valid && j >= valid[b]!) return -Infinity;
    if (!mask) return 0;
    if (last !== 1 && j >= last) return -Infinity;
    const row = rows![(b * h.queryHeads + head) * h.queries + i]!;
    const m = mask.data[row * last + (last === 1 ? 0 : j)] as number;
    return mask.elem === "bool" ? (m ? 0 : -Infinity) : m;
  };
}

/** Probabilities; none where no key is seen. */
function softmaxOf(scores: readonly number[], isMasked: boolean): number[] {
  if (isMasked) return scores.map(() => 0);
  const largest = Math.max(...scores);
  const powers = scores.map((s) => Math.exp(s - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

interface Attended {
  readonly y: Float64Array;
  /** The scores that `qk_matmul_output_mode` asks for. */
  readonly scores: Float64Array;
}

function attend(context: EvalContext, h: Heads, key: Float64Array, value: Float64Array): Attended {
  const q = inHeads(context.inputs[0]!, h.queryHeads);
  const bias = biasOf(context, h);
  const mode = num(context, "qk_matmul_output_mode");
  const rows = h.batch * h.queryHeads * h.queries;
  const [y, all] = [new Float64Array(rows * h.valueSize), new Float64Array(rows * h.keys)];
  for (let row = 0; row < rows; row++) {
    const i = row % h.queries;
    const head = Math.floor(row / h.queries) % h.queryHeads;
    const b = Math.floor(row / h.queries / h.queryHeads);
    const shared = b * h.heads + Math.floor((head * h.heads) / h.queryHeads);
    const stages: number[][] = [[], [], []];
    const biases: number[] = [];
    for (let j = 0; j < h.keys; j++) {
      let dot = 0;
      for (let d = 0; d < h.size; d++)
        dot += q[row * h.size + d]! * key[(shared * h.keys + j) * h.size + d]!;
      const raw = dot * h.scale;
      const capped = h.softcap > 0 ? h.softcap * Math.tanh(raw / h.softcap) : raw;
      biases.push(bias(b, head, i, j));
      [raw, capped, capped + biases[j]!].forEach((x, k) => stages[k]!.push(x));
    }
    const isMasked = biases.every((x) => x === -Infinity);
    stages.push(softmaxOf(stages[2]!, isMasked));
    all.set(stages[mode]!, row * h.keys);
    for (let d = 0; d < h.valueSize; d++) {
      let sum = 0;
      for (let j = 0; j < h.keys; j++)
        sum += stages[3]![j]! * value[(shared * h.keys + j) * h.valueSize + d]!;
      const at =
        context.inputs[0]!.shape.length === 4 ? row : (b * h.queries + i) * h.queryHeads + head;
      y[at * h.valueSize + d] = sum;
    }
  }
  return { y, scores: all };
}

function evaluate(context: EvalContext): Tensor[] {
  const { inputs, inputTypes, attrs, types } = context;
  const h = headsOf(inputTypes, attrs);
  const outer = h.batch * h.heads;
  const key = joined(inputs[operand.pastKey], inHeads(inputs[1]!, h.heads), outer);
  const value = joined(inputs[operand.pastValue], inHeads(inputs[2]!, h.heads), outer);
  const { y, scores } = attend(context, h, key, value);
  return types.map(({ elem, shape }, i) => tensorOf(elem, shape, [y, key, value, scores][i]!));
}

const attention: Operator = {
  name: "Attention",
  level: "imported",
  inputs: [
    ...["Q: T", "K: T", "V: V", "attn_mask?: U", "past_key?: T", "past_value?: V"],
    "nonpad_kv_seqlen?: I",
  ],
  outputs: "any",
  attrs: {
    is_causal: "flag",
    kv_num_heads: "int",
    left_window_size: "int",
    q_num_heads: "int",
    qk_matmul_output_mode: "int",
    right_window_size: "int",
    scale: "float",
    softcap: "float",
    softmax_precision: "int",
  },
  defaults: {
    is_causal: 0,
    left_window_size: -1,
    qk_matmul_output_mode: 0,
    right_window_size: -1,
    softcap: 0,
  },
  types: { T: floats, V: floats, I: ["int64"] },
  infer: (context) => {
    const mode = num(context, "qk_matmul_output_mode");
    if (mode < 0 || mode > 3) fail(`'qk_matmul_output_mode' is ${mode}`);
    return infer(context);
  },
  evaluate,
};

/** Sizes of a RotaryEmbedding. */
export interface Rotation {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
  /** Elements of a head that are turned, its first. */
  readonly turned: number;
}

export function rotationOf(types: Types, attrs: Attrs): Rotation {
  const [x, cos, sin, ids] = types.map((t) => t?.shape);
  const [batch, heads, length, size] = headShape(x!, num({ attrs }, "num_heads"), "X") as [
    number,
    number,
    number,
    number,
  ];
  const turned = num({ attrs }, "rotary_embedding_dim") || size;
  if (turned % 2 !== 0 || turned > size) fail(`${turned} of ${size} elements cannot be turned`);
  const wanted = ids ? [cos![0], turned / 2] : [batch, length, turned / 2];
  if (cos!.join() !== wanted.join() || sin!.join() !== wanted.join())
    fail(`the caches have the shapes [${cos}] and [${sin}], not [${wanted}]`);
  if (ids && ids.join() !== `${batch},${length}`) fail(`position_ids has the shape [${ids}]`);
  return { batch, heads, length, size, turned };
}

/** The places of a pair's two elements in a head. */
export const pairAt = (i: number, { turned }: Rotation, isInterleaved: boolean) =>
  isInterleaved ? [2 * i, 2 * i + 1] : [i, i + turned / 2];

function evaluateRotation({ inputs, inputTypes, attrs }: EvalContext): Tensor[] {
  const [x, cos, sin, ids] = inputs as [Tensor, Tensor, Tensor, Tensor | undefined];
  const r = rotationOf(inputTypes, attrs);
  const isInterleaved = num({ attrs }, "interleaved") !== 0;
  const isWide = x.shape.length === 3;
  const position = ids && numbers(ids);
  const from = x.data as Float32Array;
  const data = from.slice();
  const half = r.turned / 2;
  for (let b = 0; b < r.batch; b++)
    for (let h = 0; h < r.heads; h++)
      for (let t = 0; t < r.length; t++) {
        const row = isWide ? (b * r.length + t) * r.heads + h : (b * r.heads + h) * r.length + t;
        const cached = position ? position[b * r.length + t]! : b * r.length + t;
        const most = cos.data.length / half - 1;
        const line = Math.min(most, Math.max(0, cached < 0 ? cached + most + 1 : cached));
        for (let i = 0; i < half; i++) {
          const [p, q] = pairAt(i, r, isInterleaved).map((k) => row * r.size + k);
          const [c, s] = [cos, sin].map((table) => table.data[line * half + i] as number);
          data[p!] = c! * from[p!]! - s! * from[q!]!;
          data[q!] = s! * from[p!]! + c! * from[q!]!;
        }
      }
  return [{ ...x, data }];
}

/** Positions are clamped to those of the caches; negative ones count from the end. */
const rotaryEmbedding: Operator = {
  name: "RotaryEmbedding",
  level: "imported",
  inputs: ["X: T", "cos_cache: T", "sin_cache: T", "position_ids?: I"],
  outputs: 1,
  attrs: { interleaved: "flag", num_heads: "int", rotary_embedding_dim: "int" },
  defaults: { interleaved: 0, rotary_embedding_dim: 0 },
  types: { T: floats, I: ["int64"] },
  infer: ({ inputs, attrs }) => {
    rotationOf(inputs, attrs);
    return [{ elem: inputs[0]!.elem, shape: inputs[0]!.shape }];
  },
  evaluate: evaluateRotation,
};

export const attentionOperators: readonly Operator[] = [attention, rotaryEmbedding];
