/**
 * int8 softmax exactly as TFLite's reference kernel computes it: gemmlowp fixed point with 5
 * integer
 * bits for the scaled differences and 12 for their sum. Names follow gemmlowp's fixedpoint.h.
 */
import { type Attrs, num } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { highMultiply, quantizeMultiplier, roundingShift } from "./numerics.ts";
import { type EvalContext, normalAxis } from "./operator.ts";

const differenceIntegerBits = 5;
const sumIntegerBits = 12;
const int32Max = 2 ** 31 - 1;

const saturate = (x: number): number => Math.min(int32Max, Math.max(-(2 ** 31), x));

/** e^a for a in [−1/4, 0), both with 0 integer bits: Taylor's expansion around −1/8. */
function expOnInterval(a: number): number {
  const constantTerm = 1895147668;
  const x = a + 2 ** 28;
  const x2 = highMultiply(x, x);
  const x3 = highMultiply(x2, x);
  const x4Over4 = roundingShift(highMultiply(x2, x2), 2);
  const cubic = roundingShift(highMultiply(x4Over4 + x3, 715827883) + x2, 1);
  return constantTerm + highMultiply(constantTerm, x + cubic);
}

/** e^(−2^exponent) with 0 integer bits, for the exponents −2 to 4. */
const barrel = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242] as const;

/** e^a for a ≤ 0 with 5 integer bits; the result has 0. */
function expOnNegativeValues(a: number): number {
  if (a === 0) return int32Max;
  const quarter = 2 ** 24;
  const modulo = (((a % quarter) + quarter) % quarter) - quarter;
  let result = expOnInterval(modulo * 2 ** differenceIntegerBits);
  const remainder = modulo - a;
  for (const [i, factor] of barrel.entries())
    if (Math.floor(remainder / 2 ** (24 + i)) % 2 === 1) result = highMultiply(result, factor);
  return result;
}

/** 1 / (1 + a) for a in [0, 1), 0 integer bits: Newton and Raphson's division, three steps. */
function oneOverOnePlus(a: number): number {
  const halfDenominator = Math.floor((a + int32Max + 1) / 2);
  let x = 1515870810 + highMultiply(halfDenominator, -1010580540);
  for (let i = 0; i < 3; i++) {
    const rest = 2 ** 29 - highMultiply(halfDenominator, x);
    x += saturate(highMultiply(x, rest) * 4);
  }
  return saturate(x * 2);
}

export interface SoftmaxParameters {
  readonly multiplier: number;
  readonly leftShift: number;
  /** Differences below this add nothing. */
  readonly diffMin: number;
}

/** @param scale of the stored inputs. */
export function softmaxParameters(scale: number): SoftmaxParameters {
  const real = Math.min(scale * 2 ** (31 - differenceIntegerBits), int32Max);
  const { multiplier, exponent } = quantizeMultiplier(real);
  const largest = (2 ** differenceIntegerBits - 1) * 2 ** (31 - differenceIntegerBits);
  return { multiplier, leftShift: exponent, diffMin: -Math.floor(largest / 2 ** exponent) };
}

/** One row: stored int8 inputs to stored int8 outputs of scale 1/256 and zero point −128. */
function softmaxRow(row: ArrayLike<number>, { multiplier, leftShift, diffMin }: SoftmaxParameters) {
  let max = -128;
  for (let i = 0; i < row.length; i++) max = Math.max(max, row[i]!);
  const exponentials = Array.from(row, (q) => {
    const diff = q - max;
    if (diff < diffMin) return undefined;
    return expOnNegativeValues(highMultiply(diff * 2 ** leftShift, multiplier));
  });
  let sum = 0;
  for (const e of exponentials) if (e !== undefined) sum += roundingShift(e, sumIntegerBits);
  const headroom = Math.clz32(sum);
  const scale = oneOverOnePlus(sum * 2 ** headroom - 2 ** 31);
  const shift = sumIntegerBits - headroom + 31 - 8;
  return exponentials.map((e) =>
    e === undefined ? -128 : Math.min(127, roundingShift(highMultiply(scale, e), shift) - 128),
  );
}

/** A tensor as [outer][size][inner] around what one softmax runs over. */
export interface SoftmaxSpan {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** `axis_end`, where it is given, ends the axes that run as one, as they did before opset 13. */
export function softmaxSpan(shape: Shape, attrs: Attrs): SoftmaxSpan {
  const axis = normalAxis(num({ attrs }, "axis", -1), shape.length);
  const end = num({ attrs }, "axis_end", axis + 1);
  const [outer, size, inner] = [shape.slice(0, axis), shape.slice(axis, end), shape.slice(end)];
  return { outer: elementCount(outer), size: elementCount(size), inner: elementCount(inner) };
}

export function integerSoftmax({ inputs, inputTypes, attrs }: EvalContext): Tensor[] {
  const x = inputs[0]!;
  const { size, inner } = softmaxSpan(x.shape, attrs);
  const parameters = softmaxParameters(inputTypes[0]!.quant!.scale[0]!);
  const from = x.data as Int8Array;
  const data = new Int8Array(from.length);
  for (let start = 0; start < from.length; start += size * inner)
    for (let i = 0; i < inner; i++) {
      const row = Array.from({ length: size }, (_, k) => from[start + k * inner + i]!);
      softmaxRow(row, parameters).forEach((q, k) => {
        data[start + k * inner + i] = q;
      });
    }
  return [{ ...x, data }];
}
