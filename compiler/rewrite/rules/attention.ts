/** Before: Attention and RotaryEmbedding. After: products, a softmax, and moved elements. */
import { constant, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { int64s, numbers, scalar, tensorOf } from "../../ir/tensor.ts";
import { elementCount } from "../../ir/types.ts";
import { type Heads, headsOf, maskShape, operand, rotationOf } from "../../ops/attention.ts";
import { build } from "../../ops/build.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

/** Makes the nodes of a rule. */
class Maker {
  readonly #origins: readonly string[];

  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  of = (name: string, inputs: (Value | undefined)[], attrs = {}): Value =>
    build(name, inputs, attrs, { origins: this.#origins });

  reshape = (x: Value, shape: readonly number[]): Value =>
    this.of("Reshape", [x, constant(int64s(shape))]);

  transpose = (x: Value, perm: readonly number[]): Value => this.of("Transpose", [x], { perm });

  slice = (x: Value, begin: number, end: number, axis: number, step = 1): Value =>
    this.of("Slice", [x, ...[begin, end, axis, step].map((i) => constant(int64s([i])))]);

  scaled = (x: Value, by: number): Value =>
    by === 1 ? x : this.of("Mul", [x, constant(scalar("float32", by))]);
}

/** [batch, heads, length, size] */
function inHeads(m: Maker, x: Value, heads: number): Value {
  const { shape } = x.type;
  if (shape.length === 4) return x;
  const [batch, length, hidden] = shape as [number, number, number];
  return m.transpose(m.reshape(x, [batch, length, heads, hidden / heads]), [0, 2, 1, 3]);
}

const zero = () => constant(scalar("float32", 0));
const nothing = () => constant(scalar("float32", -Infinity));

/** 0 or -Infinity by a truth. */
const biasBy = (m: Maker, seen: Value): Value => m.of("Where", [seen, zero(), nothing()]);

/** The mask as what is added to scores, with all keys. */
function maskBias(m: Maker, mask: Value, h: Heads): Value {
  const bias = mask.type.elem === "bool" ? biasBy(m, mask) : mask;
  const { shape } = mask.type;
  const missing = maskShape(shape, h).at(-1)! - shape.at(-1)!;
  if (missing === 0) return bias;
  const pads = [
    ...shape.map(() => 0),
    ...shape.map((_, i) => (i < shape.length - 1 ? 0 : missing)),
  ];
  return m.of("Pad", [bias, constant(int64s(pads)), nothing()]);
}

/** For keys j and queries i of the whole, `f` of i − j, as a constant [queries, keys]. */
const byDistance = (h: Heads, offset: number, f: (far: number) => number): Float32Array =>
  Float32Array.from({ length: h.queries * h.keys }, (_, at) =>
    f(Math.floor(at / h.keys) + offset - (at % h.keys)),
  );

const isSeen = (h: Heads, far: number): boolean =>
  !(h.isCausal && far < 0) && far <= h.left && -far <= h.right;

/** What queries see by their distance from keys; undefined where that is all. */
function windowBias(h: Heads): Value | undefined {
  const bias = byDistance(h, h.past, (far) => (isSeen(h, far) ? 0 : -Infinity));
  if (bias.every((x) => x === 0)) return undefined;
  return constant(tensorOf("float32", [h.queries, h.keys], bias));
}

/** The same where the number of keys that count is that of run time, for each of the batch. */
function lengthBias(m: Maker, lengths: Value, h: Heads): Value {
  const column = m.reshape(lengths, [h.batch, 1, 1, 1]);
  const list = (shape: number[], values: ArrayLike<number>) =>
    constant(tensorOf("int64", shape, values));
  const number = (x: number) => constant(scalar("int64", x));
  const keys = list(
    [h.keys],
    Array.from({ length: h.keys }, (_, j) => j),
  );
  let seen = m.of("Less", [keys, column]);
  // i − j + length − queries, the distance of query i from key j.
  const own = list(
    [h.queries, h.keys],
    byDistance(h, -h.queries, (far) => far),
  );
  const distance = m.of("Add", [own, column]);
  const also = (truth: Value) => {
    seen = m.of("And", [seen, truth]);
  };
  if (h.isCausal) also(m.of("Less", [number(-1), distance]));
  if (h.left < Infinity) also(m.of("Less", [distance, number(h.left + 1)]));
  if (h.right < Infinity) also(m.of("Less", [number(-h.right - 1), distance]));
  return biasBy(m, seen);
}

function biasOf(m: Maker, root: Node, h: Heads): Value | undefined {
  const [mask, lengths] = [root.inputs[operand.mask], root.inputs[operand.lengths]];
  const parts = [
    mask && maskBias(m, mask, h),
    lengths ? lengthBias(m, lengths, h) : windowBias(h),
  ].filter((v) => v !== undefined);
  return parts.length === 2 ? m.of("Add", parts) : parts[0];
}

/** Whether no row of a constant is all −Infinity, so that each query sees something. */
function seesAlways(bias: Value): boolean {
  const tensor = constantOf(bias);
  if (!tensor) return false;
  const keys = bias.type.shape.at(-1)!;
  const values = numbers(tensor);
  const rows = Array.from({ length: values.length / keys }, (_, r) => r * keys);
  return rows.every((at) =>
    Array.from({ length: keys }).some((_, j) => values[at + j]! > -Infinity),
  );
}

/** Softmax; 0 for queries that see nothing. */
function probabilities(m: Maker, scores: Value, bias: Value | undefined): Value {
  const plain = m.of("Softmax", [scores], { axis: -1 });
  if (!bias || seesAlways(bias)) return plain;
  const axes = constant(int64s([bias.type.shape.length - 1]));
  const most = m.of("ReduceMax", [bias, axes]);
  const least = constant(scalar("float32", -3.4028234663852886e38));
  return m.of("Where", [m.of("Less", [most, least]), zero(), plain]);
}

const attention: Rule = {
  name: "attention-to-products",
  example: `graph imported "g" {
    %0: float32[2, 3, 8] = Input
    %1: float32[2, 4, 4] = Input
    %3: float32[2, 3, 8] = Attention(%0, %1, %1) {q_num_heads: 4, kv_num_heads: 2, is_causal: 1, softcap: 2}
    return %3 as "y"
  }`,
  pattern: op("Attention"),
  replace: (match) => {
    const { root } = match;
    const m = new Maker(match.origins);
    const [q, k, v] = root.inputs as [Value, Value, Value];
    const types = root.inputs.map((value) => value?.type);
    const h = headsOf(types, root.attrs);
    const { batch, heads, queryHeads, queries, keys, size, valueSize } = h;
    const present = (own: Value, past: number) => {
      const before = root.inputs[past];
      const x = inHeads(m, own, heads);
      return before ? m.of("Concat", [before, x], { axis: 2 }) : x;
    };
    const key = present(k, operand.pastKey);
    const value = present(v, operand.pastValue);
    // Heads that share keys are rows of one product.
    const rows = (queryHeads / heads) * queries;
    const query = m.reshape(inHeads(m, m.scaled(q, h.scale), queryHeads), [
      batch,
      heads,
      rows,
      size,
    ]);
    const product = m.of("MatMul", [query, m.transpose(key, [0, 1, 3, 2])]);
    const raw = m.reshape(product, [batch, queryHeads, queries, keys]);
    const capped =
      h.softcap > 0 ? m.scaled(m.of("Tanh", [m.scaled(raw, 1 / h.softcap)]), h.softcap) : raw;
    const bias = biasOf(m, root, h);
    const biased = bias ? m.of("Add", [capped, bias]) : capped;
    const weights = probabilities(m, biased, bias);
    const sums = m.of("MatMul", [m.reshape(weights, [batch, heads, rows, keys]), value]);
    const y = m.reshape(sums, [batch, queryHeads, queries, valueSize]);
    const { shape } = root.outputs[0]!.type;
    const out = shape.length === 4 ? y : m.reshape(m.transpose(y, [0, 2, 1, 3]), shape);
    const asked = [raw, capped, biased, weights][num(root, "qk_matmul_output_mode")]!;
    return [out, key, value, asked].slice(0, root.outputs.length);
  },
};

const rotary: Rule = {
  name: "rotary-embedding-to-products",
  example: `graph imported "g" {
    %0: float32[2, 3, 4, 6] = Input
    %1: float32[5, 2] = Constant random 1
    %2: float32[5, 2] = Constant random 2
    %3: int64[2, 4] = Constant [0, 1, 2, 3, 1, 2, 3, 4]
    %4: float32[2, 3, 4, 6] = RotaryEmbedding(%0, %1, %2, %3) {interleaved: 1, rotary_embedding_dim: 4}
    return %4 as "y"
  }`,
  pattern: op("RotaryEmbedding"),
  replace: (match) => {
    const { root } = match;
    const m = new Maker(match.origins);
    const [x, cos, sin, ids] = root.inputs as [Value, Value, Value, Value | undefined];
    const types = root.inputs.map((value) => value?.type);
    const { batch, heads, length, size, turned } = rotationOf(types, root.attrs);
    const isWide = x.type.shape.length === 3;
    const half = turned / 2;
    const own = isWide ? m.reshape(x, [batch, length, heads, size]) : x;
    const table = (cache: Value): Value => {
      const lines = ids ? m.of("Gather", [cache, ids], { axis: 0 }) : cache;
      return m.reshape(lines, isWide ? [batch, length, 1, half] : [batch, 1, length, half]);
    };
    const [c, s] = [table(cos), table(sin)];
    const isInterleaved = num(root, "interleaved") !== 0;
    const part = (k: number): Value =>
      isInterleaved ? m.slice(own, k, turned, 3, 2) : m.slice(own, k * half, (k + 1) * half, 3);
    const [a, b] = [part(0), part(1)];
    const real = m.of("Sub", [m.of("Mul", [c, a]), m.of("Mul", [s, b])]);
    const imaginary = m.of("Add", [m.of("Mul", [s, a]), m.of("Mul", [c, b])]);
    const rest = turned < size ? [m.slice(own, turned, size, 3)] : [];
    const y = isInterleaved
      ? m.of("Concat", [interleaved(m, real, imaginary), ...rest], { axis: 3 })
      : m.of("Concat", [real, imaginary, ...rest], { axis: 3 });
    return m.reshape(y, x.type.shape);
  },
};

/** Elements of two tensors in turns along the last axis. */
function interleaved(m: Maker, a: Value, b: Value): Value {
  const { shape } = a.type;
  const columns = [a, b].map((v) => m.reshape(v, [elementCount(shape), 1]));
  const pairs = m.of("Concat", columns, { axis: 1 });
  return m.reshape(pairs, [...shape.slice(0, -1), 2 * shape.at(-1)!]);
}

export const attentionRules: readonly Rule[] = [attention, rotary];
