/** gemmlowp's and numerics.md's arithmetic once more, on integers without limits. */

const truncated = (a: bigint, b: bigint): bigint => a / b;
const int32Max = 2n ** 31n - 1n;

/** SaturatingRoundingDoublingHighMul, as gemmlowp's fixedpoint.h writes it. */
export function exactHighMultiply(a: bigint, b: bigint): bigint {
  if (a === b && a === -(2n ** 31n)) return int32Max;
  const product = a * b;
  const nudge = product >= 0n ? 2n ** 30n : 1n - 2n ** 30n;
  return truncated(product + nudge, 2n ** 31n);
}

/** RoundingDivideByPOT, as gemmlowp's fixedpoint.h writes it. */
export function exactRoundingShift(x: bigint, exponent: bigint): bigint {
  const mask = 2n ** exponent - 1n;
  const remainder = BigInt.asUintN(64, x) & mask;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> exponent) + (remainder > threshold ? 1n : 0n);
}

/** MultiplyByQuantizedMultiplier. */
export function exactRescale(x: bigint, multiplier: bigint, exponent: bigint): bigint {
  const left = exponent > 0n ? exponent : 0n;
  const right = exponent > 0n ? 0n : -exponent;
  return exactRoundingShift(exactHighMultiply(x * 2n ** left, multiplier), right);
}

/** (acc·M·2^leftShift + 2^31) >> 32. */
export const exactRescaleOnce = (acc: bigint, multiplier: bigint, leftShift: bigint): bigint =>
  (acc * multiplier * 2n ** leftShift + 2n ** 31n) >> 32n;

/** A double's exact value as a fraction. */
export function fraction(x: number): { numerator: bigint; denominator: bigint } {
  let denominator = 1n;
  let scaled = x;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}

/** |q − acc·factor| for a real factor given as a double, as a number. */
export function errorOf(q: number, acc: number, factor: number): number {
  const { numerator, denominator } = fraction(factor);
  const difference = BigInt(q) * denominator - BigInt(acc) * numerator;
  const magnitude = difference < 0n ? -difference : difference;
  return Number((magnitude * 2n ** 40n) / denominator) / 2 ** 40;
}
