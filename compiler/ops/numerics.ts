/**
 * The integer arithmetic that the reference, the generated C and every target share, to the bit.
 * Profile `tflite` is TensorFlow Lite's (gemmlowp's) double rounding; profile `fast` rounds once.
 */

export type Profile = "fast" | "tflite";

/** A real factor as m · 2^exponent with m = multiplier / 2^31 in [0.5, 1). */
export interface DoubleRounding {
  readonly multiplier: number;
  readonly exponent: number;
}

/** TFLite's QuantizeMultiplier. Zero and factors below 2^-32 become zero. */
export function quantizeMultiplier(factor: number): DoubleRounding {
  if (factor === 0) return { multiplier: 0, exponent: 0 };
  let exponent = Math.floor(Math.log2(factor)) + 1;
  if (factor / 2 ** exponent >= 1) exponent++;
  if (factor / 2 ** exponent < 0.5) exponent--;
  let multiplier = Math.floor((factor / 2 ** exponent) * 2 ** 31 + 0.5);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    exponent++;
  }
  return exponent < -31 ? { multiplier: 0, exponent: 0 } : { multiplier, exponent };
}

/** floor((a·b + addend) / 2^shift) for 0 ≤ a, b ≤ 2^31 and 16 ≤ shift ≤ 32, exactly. */
function scaledProduct(a: number, b: number, addend: number, shift: number): number {
  const low = a * (b % 65536) + addend;
  return Math.floor((a * Math.floor(b / 65536) + Math.floor(low / 65536)) / 2 ** (shift - 16));
}

/** gemmlowp's SaturatingRoundingDoublingHighMul: round(a·b / 2^31), ties away from zero upwards. */
export function highMultiply(a: number, b: number): number {
  if (a === -(2 ** 31) && b === a) return 2 ** 31 - 1;
  const negative = a < 0 !== b < 0 && a !== 0 && b !== 0;
  const nudge = negative ? 2 ** 30 - 1 : 2 ** 30;
  const magnitude = scaledProduct(Math.abs(a), Math.abs(b), nudge, 31);
  return negative ? 0 - magnitude : magnitude;
}

/** gemmlowp's RoundingDivideByPOT: x / 2^n to nearest, ties away from zero. */
export function roundingShift(x: number, n: number): number {
  if (n === 0) return x;
  const divisor = 2 ** n;
  const quotient = Math.floor(x / divisor);
  const remainder = x - quotient * divisor;
  const threshold = divisor / 2 + (x < 0 ? 1 : 0);
  return remainder >= threshold ? quotient + 1 : quotient;
}

/** TFLite's MultiplyByQuantizedMultiplier. */
export function multiplyByQuantizedMultiplier(x: number, f: DoubleRounding): number {
  const left = Math.max(f.exponent, 0);
  return roundingShift(highMultiply(x * 2 ** left, f.multiplier), Math.max(-f.exponent, 0));
}

/**
 * The factors of one layer in profile `fast`: y = (acc·M·2^leftShift + 2^31) >> 32. One left shift
 * serves the whole layer; it is 0 unless some factor is 0.5 or more.
 */
export interface SingleRounding {
  readonly multipliers: readonly number[];
  readonly leftShift: number;
}

export function singleRounding(factors: readonly number[]): SingleRounding {
  const largest = Math.max(...factors.map(Math.abs));
  let leftShift = 0;
  while (Math.round(largest * 2 ** (32 - leftShift)) >= 2 ** 31) leftShift++;
  return { multipliers: factors.map((f) => Math.round(f * 2 ** (32 - leftShift))), leftShift };
}

/** (acc·multiplier·2^leftShift + 2^31) >> 32 without an intermediate rounding. */
export function rescaleOnce(acc: number, multiplier: number, leftShift: number): number {
  const high = acc * Math.floor(multiplier / 65536);
  const low = acc * (((multiplier % 65536) + 65536) % 65536) + 2 ** (31 - leftShift);
  return Math.floor((high + Math.floor(low / 65536)) / 2 ** (16 - leftShift));
}

/** How a layer turns accumulators into stored integers: one factor a channel, or one in all. */
export interface Rescale {
  /** Output channel's factor applied to an accumulator, without zero point or clamp. */
  apply(acc: number, channel: number): number;
}

export function makeRescale(factors: readonly number[], profile: Profile): Rescale {
  const at = (channel: number) => (factors.length === 1 ? 0 : channel);
  if (profile === "tflite") {
    const table = factors.map(quantizeMultiplier);
    return { apply: (acc, c) => multiplyByQuantizedMultiplier(acc, table[at(c)]!) };
  }
  const { multipliers, leftShift } = singleRounding(factors);
  return { apply: (acc, c) => rescaleOnce(acc, multipliers[at(c)]!, leftShift) };
}

/** To nearest, ties to even: ONNX's and IEEE 754's default. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** To nearest, ties away from zero: C's round(). */
export const roundHalfAway = (x: number): number => (x < 0 ? -Math.round(-x) : Math.round(x));

export const clamp = (x: number, low: number, high: number): number =>
  x < low ? low : x > high ? high : x;

/** ONNX QuantizeLinear of one number: half to even, saturated; NaN stores the lowest value. */
export function quantizeNumber(
  x: number,
  scale: number,
  zeroPoint: number,
  [low, high]: readonly [number, number],
): number {
  const q = roundHalfEven(Math.fround(Math.fround(x) / scale)) + zeroPoint;
  return q > low ? (q < high ? q : high) : low;
}
