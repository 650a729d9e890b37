/** Random graphs of imported operators, made to meet the rewrite rules in odd combinations. */
import { constant, type Graph, input, makeGraph, type Value } from "../../compiler/ir/graph.ts";
import { float32s, int64s } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape } from "../../compiler/ir/types.ts";
import { build, buildNode } from "../../compiler/ops/build.ts";
import type { Random } from "./random.ts";

type Grow = (random: Random, x: Value, pool: readonly Value[]) => Value | readonly Value[];

const shapeOf = (v: Value): Shape => v.type.shape;
const weights = (random: Random, ...shape: number[]): Value =>
  constant(random.tensor("float32", shape, -0.7, 0.7));
const ints = (...list: number[]): Value => constant(int64s(list));

function shuffled(random: Random, count: number): number[] {
  const list = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(0, i);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

/** A shape that broadcasts with the given one: some axes 1, some leading ones left out. */
const broadcastable = (random: Random, shape: Shape): number[] =>
  shape.map((d) => (random.real() < 0.5 ? 1 : d)).slice(random.int(0, shape.length));

const unary: Grow = (random, x) =>
  build(random.pick(["Relu", "Tanh", "Sigmoid", "Abs", "Identity", "HardSwish", "Clip"]), [x]);

const binary: Grow = (random, x, pool) => {
  const op = random.pick(["Add", "Sub", "Mul", "Max", "Min"]);
  const same = pool.filter((v) => `${shapeOf(v)}` === `${shapeOf(x)}`);
  const other =
    random.real() < 0.5 ? random.pick(same) : weights(random, ...broadcastable(random, shapeOf(x)));
  return build(op, random.real() < 0.5 ? [x, other] : [other, x]);
};

const transpose: Grow = (random, x) => {
  const rank = shapeOf(x).length;
  const known = [
    [0, 2, 3, 1],
    [0, 3, 1, 2],
  ];
  const perm = rank === 4 && random.real() < 0.7 ? random.pick(known) : shuffled(random, rank);
  return build("Transpose", [x], { perm });
};

const reshape: Grow = (random, x) => {
  const [a, b, ...rest] = shapeOf(x);
  const flat = elementCount(rest);
  const shape = random.pick([
    [a!, (b ?? 1) * flat],
    [a!, b ?? 1, flat],
    [1, a!, b ?? 1, flat],
    [...shapeOf(x)].reverse(),
  ]);
  return build("Reshape", [x, ints(...shape)]);
};

const conv: Grow = (random, x) => {
  const [, c, h, w] = shapeOf(x) as [number, number, number, number];
  const depthwise = random.real() < 0.3;
  const filters = depthwise ? c : random.int(1, 4);
  const kernel = [random.int(1, Math.min(3, h)), random.int(1, Math.min(3, w))];
  const operands = [x, weights(random, filters, depthwise ? 1 : c, ...kernel)];
  if (random.real() < 0.5) operands.push(weights(random, filters));
  const pads = Array.from({ length: 4 }, () => random.int(0, 1));
  return build("Conv", operands, {
    pads,
    group: depthwise ? c : 1,
    strides: [random.int(1, 2), 1],
  });
};

const convTranspose: Grow = (random, x) => {
  const c = shapeOf(x)[1]!;
  const depthwise = random.real() < 0.3;
  const filters = depthwise ? 1 : random.int(1, 4);
  const kernel = [random.int(2, 4), random.int(1, 3)];
  const operands = [x, weights(random, c, filters, ...kernel)];
  if (random.real() < 0.5) operands.push(weights(random, depthwise ? c : filters));
  return build("ConvTranspose", operands, {
    pads: [random.int(0, 1), 0, 0, 0],
    output_padding: [0, random.int(0, 1)],
    group: depthwise ? c : 1,
    strides: [random.int(1, 3), random.int(1, 2)],
  });
};

const resize: Grow = (random, x) => {
  const scales = shapeOf(x).map((_, i) => (i < 2 ? 1 : random.pick([1, 1.5, 2, 3])));
  const operand = constant(float32s([scales.length], scales));
  return build("Resize", [x, undefined, operand], {
    mode: random.pick(["nearest", "linear", "cubic"]),
    coordinate_transformation_mode: random.pick(["half_pixel", "asymmetric", "align_corners"]),
  });
};

const norm: Grow = (random, x) => {
  const c = shapeOf(x)[1]!;
  const parameters = [weights(random, c), weights(random, c), weights(random, c)];
  const variance = constant(random.tensor("float32", [c], 0.2, 2));
  return build("BatchNormalization", [x, ...parameters, variance]);
};

const pool: Grow = (random, x) => {
  const [, , h, w] = shapeOf(x) as [number, number, number, number];
  const op = random.pick(["MaxPool", "AveragePool"]);
  return build(op, [x], {
    kernel_shape: [Math.min(2, h), Math.min(2, w)],
    strides: [random.int(1, 2), 1],
  });
};

const pad: Grow = (random, x) => {
  const sizes = Array.from({ length: 2 * shapeOf(x).length }, () => random.int(0, 1));
  return build("Pad", [x, ints(...sizes)]);
};

const slice: Grow = (random, x) => {
  const axis = random.int(0, shapeOf(x).length - 1);
  const size = shapeOf(x)[axis]!;
  const begin = random.int(0, size - 1);
  return build("Slice", [x, ints(begin), ints(random.int(begin + 1, size)), ints(axis)]);
};

const concat: Grow = (random, x, values) => {
  const axis = random.int(0, shapeOf(x).length - 1);
  const fits = (v: Value) =>
    shapeOf(v).length === shapeOf(x).length &&
    shapeOf(v).every((d, i) => i === axis || d === shapeOf(x)[i]);
  return build("Concat", [x, random.pick(values.filter(fits))], { axis });
};

const reduce: Grow = (random, x) => {
  const rank = shapeOf(x).length;
  const axes = rank === 4 && random.real() < 0.5 ? [2, 3] : [random.int(0, rank - 1)];
  const op = random.pick(["ReduceMean", "ReduceMax", "ReduceSum"]);
  return build(op, [x, ints(...axes)], { keepdims: rank > 2 ? random.int(0, 1) : 1 });
};

const softmax: Grow = (random, x) =>
  build("Softmax", [x], { axis: random.int(0, shapeOf(x).length - 1) });

/** Along the longest axis. */
const split: Grow = (random, x) => {
  const size = Math.max(...shapeOf(x));
  const first = random.int(1, size - 1);
  const attrs = { axis: shapeOf(x).indexOf(size) };
  return buildNode("Split", [x, ints(first, size - first)], attrs, { outputCount: 2 }).outputs;
};

const dense: Grow = (random, x) => {
  const k = shapeOf(x)[1]!;
  const n = random.int(1, 5);
  if (random.real() < 0.5) return build("MatMul", [x, weights(random, k, n)]);
  return build("Gemm", [x, weights(random, n, k), weights(random, n)], { transB: 1 });
};

function choices(x: Value): readonly Grow[] {
  const shape = shapeOf(x);
  const any = [
    unary,
    unary,
    binary,
    binary,
    transpose,
    transpose,
    reshape,
    pad,
    slice,
    concat,
    softmax,
  ];
  if (Math.max(...shape) > 1) any.push(reduce, split);
  if (shape.length === 2) return [...any, dense, dense];
  return shape.length === 4 ? [...any, conv, conv, convTranspose, resize, norm, pool] : any;
}

/** A graph of about `size` operators with one to three outputs. */
export function randomGraph(random: Random, size: number): Graph<"imported"> {
  const side = () => random.int(1, 6);
  const inputs = Array.from({ length: random.int(1, 2) }, (_, i) =>
    input(`x${i}`, { elem: "float32", shape: [1, side(), side(), side()] }),
  );
  const values: Value[] = [...inputs];
  for (let i = 0; i < size; i++) {
    const x = random.real() < 0.6 ? values.at(-1)! : random.pick(values);
    const made = random.pick(choices(x))(random, x, values);
    values.push(...[made].flat().filter((v) => elementCount(shapeOf(v)) < 4000));
  }
  const outputs = Array.from({ length: random.int(1, 3) }, (_, i) => ({
    name: `y${i}`,
    value: i === 0 ? values.at(-1)! : random.pick(values),
  }));
  return makeGraph("imported", "random", inputs, outputs);
}
