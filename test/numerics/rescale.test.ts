/** The integer arithmetic against the same on integers without limits. */
import { describe, expect, it } from "vitest";
import {
  highMultiply,
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  rescaleOnce,
  roundHalfAway,
  roundHalfEven,
  roundingShift,
  singleRounding,
} from "../../compiler/ops/numerics.ts";
import { Random } from "../support/random.ts";
import {
  exactHighMultiply,
  exactRescale,
  exactRescaleOnce,
  exactRoundingShift,
  fraction,
} from "./exact.ts";

const extremes = [
  ...[0, 1, 2, 3, 255, 256, 65535, 65536, 65537, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 2],
  2 ** 31 - 1,
];
const signed = [...extremes.flatMap((x) => [x, 0 - x]), -(2 ** 31)];

const random = new Random(10);
const int32 = (): number => random.int(-(2 ** 31), 2 ** 31 - 1) >> random.int(0, 24);
/** One mismatch as text says more than a million passing expectations. */
const mismatch = (got: number, want: bigint, ...operands: number[]): string[] =>
  BigInt(got) === want ? [] : [`${operands.join(", ")}: ${got}, not ${want}`];

describe("highMultiply", () => {
  const check = (a: number, b: number) =>
    mismatch(highMultiply(a, b), exactHighMultiply(BigInt(a), BigInt(b)), a, b);
  it("extreme values", () => {
    expect(signed.flatMap((a) => signed.flatMap((b) => check(a, b)))).toEqual([]);
  });
  it("random values", () => {
    const bad = Array.from({ length: 100_000 }, () => check(int32(), int32())).flat();
    expect(bad).toEqual([]);
  });
  it("ties", () => {
    const bad = Array.from({ length: 10_000 }, () =>
      check((2 * random.int(-(2 ** 14), 2 ** 14) + 1) * 2 ** 15, 2 ** 15),
    );
    expect(bad.flat()).toEqual([]);
  });
});

describe("roundingShift", () => {
  const check = (x: number, n: number) =>
    mismatch(roundingShift(x, n), exactRoundingShift(BigInt(x), BigInt(n)), x, n);
  const shifts = Array.from({ length: 32 }, (_, n) => n);
  it("extreme values", () => {
    expect(signed.flatMap((x) => shifts.flatMap((n) => check(x, n)))).toEqual([]);
  });
  it("random values", () => {
    const bad = Array.from({ length: 100_000 }, () => check(int32(), random.int(0, 31))).flat();
    expect(bad).toEqual([]);
  });
  it("ties of both signs go away from zero", () => {
    const ties = [1, 3, 5, 7].flatMap((x) => [x, -x]).map((x) => roundingShift(x * 4, 3));
    expect(ties).toEqual([1, -1, 2, -2, 3, -3, 4, -4]);
  });
});

describe("quantizeMultiplier", () => {
  it("is the nearest 31-bit multiplier", () => {
    for (let i = 0; i < 20_000; i++) {
      const factor = (0.5 + random.real() / 2) * 2 ** random.int(-28, 20);
      const { multiplier, exponent } = quantizeMultiplier(factor);
      expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
      expect(multiplier).toBeLessThan(2 ** 31);
      const error = Math.abs(multiplier * 2 ** (exponent - 31) - factor);
      expect(error).toBeLessThanOrEqual(2 ** (exponent - 32));
    }
  });
  it.each([1, 0.5, 0.25, 2, 2 ** -20, 2 ** 12])("holds the power of two %d exactly", (factor) => {
    const { multiplier, exponent } = quantizeMultiplier(factor);
    expect(multiplier * 2 ** (exponent - 31)).toBe(factor);
  });
  it("carries when the multiplier rounds to 2^31", () => {
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 2 ** 30, exponent: 1 });
  });
  it.each([0, 2 ** -33, 1e-30])("has nothing for %d", (factor) => {
    expect(quantizeMultiplier(factor)).toEqual({ multiplier: 0, exponent: 0 });
  });
});

it("multiplyByQuantizedMultiplier", () => {
  const bad = Array.from({ length: 100_000 }, () => {
    const f = quantizeMultiplier((0.5 + random.real() / 2) * 2 ** random.int(-31, 8));
    const x = Math.trunc(int32() / 2 ** Math.max(f.exponent, 0));
    const want = exactRescale(BigInt(x), BigInt(f.multiplier), BigInt(f.exponent));
    return mismatch(multiplyByQuantizedMultiplier(x, f), want, x, f.multiplier, f.exponent);
  });
  expect(bad.flat()).toEqual([]);
});

describe("rescaleOnce", () => {
  const check = (acc: number, multiplier: number, leftShift: number) => {
    const want = exactRescaleOnce(BigInt(acc), BigInt(multiplier), BigInt(leftShift));
    return mismatch(rescaleOnce(acc, multiplier, leftShift), want, acc, multiplier, leftShift);
  };
  it("extreme values", () => {
    const shifts = [0, 1, 2, 7, 12];
    const bad = signed.flatMap((acc) =>
      signed.flatMap((m) => shifts.flatMap((s) => check(acc, m, s))),
    );
    expect(bad).toEqual([]);
  });
  it("random values", () => {
    const bad = Array.from({ length: 100_000 }, () => check(int32(), int32(), random.int(0, 12)));
    expect(bad.flat()).toEqual([]);
  });
});

it("singleRounding keeps 31 bits of the largest factor", () => {
  for (let i = 0; i < 2000; i++) {
    const factors = Array.from({ length: 5 }, () => random.real() * 2 ** random.int(-12, 6));
    const { multipliers, leftShift } = singleRounding(factors);
    const largest = Math.max(...factors);
    expect(Math.max(...multipliers)).toBeLessThan(2 ** 31);
    expect(leftShift === 0 || Math.max(...multipliers) >= 2 ** 30 - 1).toBe(true);
    multipliers.forEach((m, k) => {
      expect(Math.abs(m * 2 ** (leftShift - 32) - factors[k]!)).toBeLessThanOrEqual(
        2 ** (leftShift - 33),
      );
    });
    expect(largest).toBeGreaterThan(0);
  }
});

describe("rounding of real numbers", () => {
  /** floor(x + 1/2) on fractions, and whether x is a tie. */
  function exact(x: number) {
    const { numerator, denominator } = fraction(x);
    const floor = (a: bigint, b: bigint) => (a - (((a % b) + b) % b)) / b;
    const up = floor(2n * numerator + denominator, 2n * denominator);
    return { up, isTie: denominator === 2n };
  }
  const halves = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 8);
  const tricky = [0.49999999999999994, -0.49999999999999994, 4503599627370497, 2 ** 52 + 1];

  it("half to even", () => {
    for (const x of [...halves, ...tricky]) {
      const { up, isTie } = exact(x);
      const want = isTie && up % 2n !== 0n ? up - 1n : up;
      expect(BigInt(roundHalfEven(x)), String(x)).toBe(want);
    }
  });
  it("half away from zero", () => {
    for (const x of [...halves, ...tricky]) {
      const { up, isTie } = exact(x);
      expect(BigInt(roundHalfAway(x)), String(x)).toBe(isTie && x < 0 ? up - 1n : up);
    }
  });
});
