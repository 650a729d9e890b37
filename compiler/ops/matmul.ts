/** Matrix products: Gemm, MatMul and the lowered FullyConnected. */
import { type Attrs, num } from "../ir/graph.ts";
import { newArray, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, type TensorType } from "../ir/types.ts";
import { broadcastIndex, productFactor } from "./binary.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import { filterFactors, weightedIntegerForm } from "./conv.ts";
import { clamp, makeRescale } from "./numerics.ts";
import { broadcastShapes, type EvalContext, fail, floats, type Operator } from "./operator.ts";

const mismatch = (a: Shape, b: Shape): never =>
  fail(`the inner sizes of [${a.join(", ")}] and [${b.join(", ")}] differ`);

/** Rows, columns and inner size of alpha·op(A)·op(B). */
function gemmSizes(a: Shape, b: Shape, attrs: Attrs) {
  if (a.length !== 2 || b.length !== 2) fail("Gemm multiplies matrices, tensors of rank 2");
  const [transA, transB] = [num({ attrs }, "transA") !== 0, num({ attrs }, "transB") !== 0];
  const [m, k] = transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [kb, n] = transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (k !== kb) mismatch(a, b);
  return { m, n, k, transA, transB };
}

const gemm: Operator = {
  name: "Gemm",
  level: "any",
  inputs: ["A: T", "B: T", "C?: T"],
  outputs: 1,
  attrs: { alpha: "float", beta: "float", transA: "flag", transB: "flag" },
  defaults: { alpha: 1, beta: 1, transA: 0, transB: 0 },
  infer: ({ inputs: [a, b, c], attrs }) => {
    const { m, n } = gemmSizes(a!.shape, b!.shape, attrs);
    if (c && broadcastShapes([c.shape, [m, n]]).join() !== `${m},${n}`)
      fail(`C of shape [${c.shape}] does not broadcast to [${m}, ${n}]`);
    return [{ elem: a!.elem, shape: [m, n] }];
  },
  evaluate: ({ inputs: [a, b, c], attrs, types }) => {
    const { m, n, k, transA, transB } = gemmSizes(a!.shape, b!.shape, attrs);
    const [alpha, beta] = [num({ attrs }, "alpha", 1), num({ attrs }, "beta", 1)];
    const at = c ? broadcastIndex(c.shape, [m, n]) : undefined;
    const data = newArray(types[0]!.elem, m * n) as Float32Array;
    const [as, bs, cs] = [a!.data, b!.data, c?.data] as Float32Array[];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++)
          sum += as![transA ? l * m + i : i * k + l]! * bs![transB ? j * k + l : l * n + j]!;
        data[i * n + j] = alpha * sum + (at ? beta * cs![at[i * n + j]!]! : 0);
      }
    return [{ elem: types[0]!.elem, shape: [m, n], data }];
  },
  macs: ({ inputs: [a, b], attrs }) => {
    const { m, n, k } = gemmSizes(a!.type.shape, b!.type.shape, attrs);
    return m * n * k;
  },
};

/** Shapes of a matrix product with the vectors of rank 1 made matrices, as NumPy does it. */
function matmulShapes(a: Shape, b: Shape) {
  if (a.length === 0 || b.length === 0) fail("MatMul does not take scalars");
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [m, k] = left.slice(-2) as [number, number];
  const [kb, n] = right.slice(-2) as [number, number];
  if (k !== kb) mismatch(a, b);
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]);
  const shape = [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  return { m, n, k, batch, left: left.slice(0, -2), right: right.slice(0, -2), shape };
}

/** Each result is `finish` of a sum of `term`s. */
function multiply(
  a: Tensor,
  b: Tensor,
  { elem }: TensorType,
  term: (a: number, b: number) => number,
  finish: (sum: number) => number,
): Tensor {
  const s = matmulShapes(a.shape, b.shape);
  const [ia, ib] = [broadcastIndex(s.left, s.batch), broadcastIndex(s.right, s.batch)];
  const data = newArray(elem, elementCount(s.shape)) as Float32Array;
  const [as, bs] = [a.data, b.data] as Float32Array[];
  for (let g = 0; g < ia.length; g++)
    for (let i = 0; i < s.m; i++)
      for (let j = 0; j < s.n; j++) {
        let sum = 0;
        for (let l = 0; l < s.k; l++)
          sum += term(as![(ia[g]! * s.m + i) * s.k + l]!, bs![(ib[g]! * s.k + l) * s.n + j]!);
        data[(g * s.m + i) * s.n + j] = finish(sum);
      }
  return { elem, shape: s.shape, data };
}

function evaluateIntegerProduct(context: EvalContext): Tensor[] {
  const { inputs, inputTypes, types, attrs, profile } = context;
  const [ta, tb, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
  const [za, zb, zy] = [ta, tb, ty].map((t) => t.quant!.zeroPoint[0]!) as [number, number, number];
  const { min, max } = integerClamp(attrs, ty);
  const rescale = makeRescale([productFactor(ta, tb, ty)], profile);
  const finish = (sum: number) => clamp(zy + rescale.apply(sum, 0), min, max);
  return [multiply(inputs[0]!, inputs[1]!, ty, (a, b) => (a - za) * (b - zb), finish)];
}

const matmul: Operator = {
  name: "MatMul",
  level: "any",
  inputs: ["A: T", "B: T"],
  outputs: 1,
  attrs: {},
  infer: ({ inputs: [a, b] }) => [{ elem: a!.elem, shape: matmulShapes(a!.shape, b!.shape).shape }],
  evaluate: ({ inputs: [a, b], types }) => [
    multiply(
      a!,
      b!,
      types[0]!,
      (i, j) => i * j,
      (sum) => sum,
    ),
  ],
  integer: {
    roles: ["activation"],
    output: "free",
    evaluate: evaluateIntegerProduct,
    accumulatorBound: ({ inputs: [a] }) => 255 * 255 * a!.type.shape.at(-1)!,
  },
  macs: ({ inputs: [a, b] }) => {
    const s = matmulShapes(a!.type.shape, b!.type.shape);
    return elementCount(s.shape) * s.k;
  },
};

/** Calls `finish(Σ (x − zero)·w, filter)` for each output of x [M,K] against w [N,K]. */
function connect(
  x: Tensor,
  w: Tensor,
  zero: number,
  y: { [i: number]: number },
  finish: (acc: number, filter: number) => number,
): void {
  const [n, k] = w.shape as [number, number];
  const m = x.data.length / k;
  const [xs, ws] = [x.data, w.data] as Float32Array[];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (xs![i * k + l]! - zero) * ws![j * k + l]!;
      y[i * n + j] = finish(sum, j);
    }
}

function evaluateFloat({ inputs: [x, w, b], attrs, types }: EvalContext): Tensor[] {
  const data = newArray(types[0]!.elem, elementCount(types[0]!.shape)) as Float32Array;
  const { min, max } = clampOf(attrs);
  const bias = b?.data as Float32Array | undefined;
  connect(x!, w!, 0, data, (acc, o) => clamp(acc + (bias?.[o] ?? 0), min, max));
  return [{ elem: types[0]!.elem, shape: types[0]!.shape, data }];
}

function evaluateInteger({ inputs, inputTypes, types, attrs, profile }: EvalContext): Tensor[] {
  const [x, w, b] = inputs;
  const [tx, tw, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
  const data = newArray(ty.elem, elementCount(ty.shape)) as Int8Array;
  const bias = b?.data as Int32Array | undefined;
  const zeroX = tx.quant!.zeroPoint[0]!;
  if (ty.elem === "int32") connect(x!, w!, zeroX, data, (acc, o) => acc + (bias?.[o] ?? 0));
  else {
    const zero = ty.quant!.zeroPoint[0]!;
    const { min, max } = integerClamp(attrs, ty);
    const rescale = makeRescale(filterFactors(tx, tw, ty), profile);
    connect(x!, w!, zeroX, data, (acc, o) =>
      clamp(zero + rescale.apply(acc + (bias?.[o] ?? 0), o), min, max),
    );
  }
  return [{ elem: ty.elem, shape: ty.shape, data }];
}

const checkBias = (b: TensorType | undefined, filters: number) => {
  if (b && b.shape.join() !== `${filters}`)
    fail(`the bias has shape [${b.shape}], not [${filters}]`);
};

/** X [M,K], W [N,K], B [N] → [M,N]. */
const fullyConnected: Operator = {
  name: "FullyConnected",
  level: "lowered",
  inputs: ["X: T", "W: T1", "B?: T2"],
  outputs: 1,
  attrs: clampAttrs,
  infer: ({ inputs: [x, w, b] }) => {
    if (x!.shape.length !== 2 || w!.shape.length !== 2 || x!.shape[1] !== w!.shape[1])
      mismatch(x!.shape, w!.shape);
    checkBias(b, w!.shape[0]!);
    return [{ elem: x!.elem, shape: [x!.shape[0]!, w!.shape[0]!] }];
  },
  evaluate: evaluateFloat,
  integer: { ...weightedIntegerForm, evaluate: evaluateInteger },
  macs: ({ inputs: [x, w] }) => x!.type.shape[0]! * elementCount(w!.type.shape),
};

export const matmulOperators: readonly Operator[] = [
  { ...gemm, types: { T: floats } },
  matmul,
  fullyConnected,
];
