/** ONNX's pools, over any number of axes. */
import { type Attrs, ints, num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor, tensorOf } from "../ir/tensor.ts";
import {
  type ElementType,
  elementCount,
  integerRange,
  isFloat,
  rowMajorStrides,
  type Shape,
} from "../ir/types.ts";
import { constantInts, declaredAsInput, moves } from "./move.ts";
import { type AttrKind, fail, floats, type InferContext, type Operator } from "./operator.ts";
import { positionOf, windowCounts, windowTaps } from "./spatial.ts";
import { autoPads, transposedWindowOf, type Window, windowDefaults, windowOf } from "./window.ts";

const attrs: Record<string, AttrKind> = {
  auto_pad: autoPads,
  ceil_mode: "flag",
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

const defaults: Attrs = { ...windowDefaults, count_include_pad: 0, p: 2, storage_order: 0 };

/** A pool's window over the spatial axes of its input. */
export const poolWindow = (x: Shape, a: Attrs): Window => windowOf(a, x.slice(2));

function pooledShape(x: Shape, a: Attrs): number[] {
  if (x.length < 3) fail(`a pool needs spatial axes, the input has rank ${x.length}`);
  return [...x.slice(0, 2), ...poolWindow(x, a).output];
}

/** Calls `each(taps, position, index)` for every output: the elements in its window, flat. */
function eachWindow(
  x: Shape,
  a: Attrs,
  each: (taps: number[], position: number, index: number) => void,
): void {
  const window = poolWindow(x, a);
  const at = windowTaps(window, x.slice(2));
  const [positions, taps] = [elementCount(window.output), elementCount(window.kernel)];
  const size = elementCount(x.slice(2));
  for (let plane = 0; plane < x[0]! * x[1]!; plane++)
    for (let p = 0; p < positions; p++) {
      const inside: number[] = [];
      for (let k = p * taps; k < (p + 1) * taps; k++)
        if (at[k]! >= 0) inside.push(plane * size + at[k]!);
      each(inside, p, plane * positions + p);
    }
}

type Reduce = (values: number[], count: number, a: Attrs) => number;

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);

const average: Reduce = (values, count) => sum(values) / count;

const norm: Reduce = (values, _, a) => {
  const p = num({ attrs: a }, "p", 2);
  return sum(values.map((v) => Math.abs(v) ** p)) ** (1 / p);
};

function reduced({ data, elem, shape }: Tensor, a: Attrs, reduce: Reduce): Tensor {
  const includePad = num({ attrs: a }, "count_include_pad") !== 0;
  const counts = windowCounts(poolWindow(shape, a), shape.slice(2), includePad);
  const output = pooledShape(shape, a);
  const y = newArray(elem, elementCount(output)) as Float32Array;
  const x = data as Float32Array;
  eachWindow(shape, a, (taps, position, i) => {
    y[i] = reduce(
      taps.map((t) => x[t]!),
      counts[position]!,
      a,
    );
  });
  return { elem, shape: output, data: y };
}

/** What is less than all else that the type stores. */
const lowest = (elem: ElementType): number => (isFloat(elem) ? -Infinity : integerRange(elem)[0]);

/** The largest element of each window, the first of equal ones; −1 where there is none. */
function largest({ data, shape }: Tensor, a: Attrs): Float64Array {
  const at = new Float64Array(elementCount(pooledShape(shape, a)));
  eachWindow(shape, a, (taps, _, i) => {
    at[i] = taps.reduce((best, t) => (best < 0 || data[t]! > data[best]! ? t : best), -1);
  });
  return at;
}

function maxima(x: Tensor, a: Attrs): Tensor {
  const values = Array.from(largest(x, a), (i) =>
    i < 0 ? lowest(x.elem) : Math.max(lowest(x.elem), Number(x.data[i])),
  );
  return tensorOf(x.elem, pooledShape(x.shape, a), values);
}

/** Flat indices of the maxima; `storage_order` 1 counts the first spatial axis fastest. */
function maximumIndices(x: Tensor, a: Attrs): Tensor {
  const spatial = x.shape.slice(2);
  const size = elementCount(spatial);
  const isByColumns = num({ attrs: a }, "storage_order") === 1;
  const steps = rowMajorStrides(spatial.toReversed()).toReversed();
  const indices = Array.from(largest(x, a), (i) => {
    if (i < 0 || !isByColumns) return i;
    const position = positionOf(i % size, spatial);
    return i - (i % size) + position.reduce((at, p, axis) => at + p * steps[axis]!, 0);
  });
  return tensorOf("int64", pooledShape(x.shape, a), indices);
}

/** Powers that float32 can tell apart. */
const powerMax = 1000;

const infer: Operator["infer"] = ({ inputs: [x], attrs: a }) => {
  const p = num({ attrs: a }, "p", 2);
  if (p < 1 || p > powerMax) fail(`'p' is ${p}, not from 1 to ${powerMax}`);
  return [{ elem: x!.elem, shape: pooledShape(x!.shape, a) }];
};

const fold = (name: string, own: Record<string, AttrKind>, reduce: Reduce): Operator => ({
  name,
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs: { ...attrs, ...own },
  defaults,
  types: { T: floats },
  infer,
  evaluate: ({ inputs: [x], attrs: a }) => [reduced(x!, a, reduce)],
});

const pooledTypes = { T: [...floats, "int8", "uint8"] } as const;

const maxPool: Operator = {
  name: "MaxPool",
  level: "any",
  inputs: ["X: T"],
  outputs: "any",
  attrs: { ...attrs, storage_order: "flag" },
  defaults,
  types: pooledTypes,
  infer: (context) => {
    const [y] = infer(context);
    const indices = { elem: "int64", shape: y!.shape } as const;
    return [y!, indices].slice(0, context.outputCount);
  },
  evaluate: ({ inputs: [x], attrs: a, types }) =>
    types.map((_, i) => (i === 0 ? maxima(x!, a) : maximumIndices(x!, a))),
  integer: moves,
};

/** The second output of a MaxPool by itself. */
const maxPoolIndices: Operator = {
  name: "MaxPoolIndices",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: maxPool.attrs,
  defaults,
  types: pooledTypes,
  infer: ({ inputs: [x], attrs: a }) => [{ elem: "int64", shape: pooledShape(x!.shape, a) }],
  evaluate: ({ inputs: [x], attrs: a }) => [maximumIndices(x!, a)],
};

const whole = (a: Attrs, x: { readonly shape: Shape }): Attrs => ({
  ...a,
  kernel_shape: x.shape.slice(2),
});

/** A pool whose window is the whole input. */
const global = (
  name: string,
  own: Record<string, AttrKind>,
  run: (x: Tensor, a: Attrs) => Tensor,
): Operator => ({
  name,
  level: "imported",
  inputs: ["X: T"],
  outputs: 1,
  attrs: own,
  defaults,
  types: { T: floats },
  infer: (context) => infer({ ...context, attrs: whole(context.attrs, context.inputs[0]!) }),
  evaluate: ({ inputs: [x], attrs: a }) => [run(x!, whole(a, x!))],
});

// ---- back to what was pooled ----

/** The shape that the indices refer to. */
export function unpooledShape(x: Shape, a: Attrs): number[] {
  const kernel = ints({ attrs: a }, "kernel_shape");
  if (kernel.length !== x.length - 2)
    fail(`a kernel of shape [${kernel}] does not fit ${x.length - 2} spatial axes`);
  return [...x.slice(0, 2), ...transposedWindowOf(a, x.slice(2), kernel).output];
}

const unpoolContext = (context: InferContext): number[] => {
  const [x, i] = context.inputs;
  if (x!.shape.join() !== i!.shape.join())
    fail(`the input has the shape [${x!.shape}], its indices have [${i!.shape}]`);
  const own = unpooledShape(x!.shape, context.attrs);
  if (!context.inputs[2]) return own;
  const given = constantInts(context, 2, "output_shape");
  if (given.length !== own.length || given.some((d, axis) => d < own[axis]!))
    fail(`'output_shape' [${given}] does not hold [${own}]`);
  return given;
};

/** Elements at indices of the shape that was pooled, a corner of the output; 0 elsewhere. */
const maxUnpool: Operator = {
  name: "MaxUnpool",
  level: "any",
  inputs: ["X: T", "I: I", "output_shape?: I"],
  outputs: 1,
  attrs: { kernel_shape: "ints", pads: "ints", strides: "ints" },
  defaults: windowDefaults,
  types: { T: floats, I: ["int64"] },
  declares: declaredAsInput(2),
  infer: (context) => [{ elem: context.inputs[0]!.elem, shape: unpoolContext(context) }],
  evaluate: ({ inputs: [x, i], attrs: a, types }) => {
    const { elem, shape } = types[0]!;
    const own = unpooledShape(x!.shape, a);
    const steps = rowMajorStrides(shape);
    const y = newArray(elem, elementCount(shape));
    for (const [k, index] of Array.from(numbers(i!)).entries()) {
      if (index < 0 || index >= elementCount(own)) continue;
      const at = positionOf(index, own).reduce((sum, p, axis) => sum + p * steps[axis]!, 0);
      y[at] = x!.data[k]!;
    }
    return [{ elem, shape, data: y }];
  },
};

export const spatialPoolOperators: readonly Operator[] = [
  fold("AveragePool", { count_include_pad: "flag" }, average),
  fold("LpPool", { p: "int" }, norm),
  maxPool,
  maxPoolIndices,
  global("GlobalAveragePool", {}, (x, a) => reduced(x, a, average)),
  global("GlobalLpPool", { p: "int" }, (x, a) => reduced(x, a, norm)),
  global("GlobalMaxPool", {}, maxima),
  maxUnpool,
];
