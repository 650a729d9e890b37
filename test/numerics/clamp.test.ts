/** Activations as clamps of stored integers, and lookup tables. */
import { describe, expect, it } from "vitest";
import { perTensor } from "../../compiler/ir/types.ts";
import { composeClamps, integerClamp } from "../../compiler/ops/clamp.ts";
import { quantizeNumber } from "../../compiler/ops/numerics.ts";
import { lookupTable } from "../../compiler/ops/unary.ts";
import { Random } from "../support/random.ts";

const type = (scale: number, zero: number) =>
  ({ elem: "int8", shape: [1], quant: perTensor(scale, zero) }) as const;

describe("integerClamp", () => {
  it("without bounds is the stored range", () => {
    expect(integerClamp({}, type(0.1, 3))).toEqual({ min: -128, max: 127 });
  });
  it.each([-128, -5, 0, 90])("ReLU begins at the zero point %i", (zero) => {
    expect(integerClamp({ clamp_min: 0 }, type(0.1, zero))).toEqual({ min: zero, max: 127 });
  });
  it.each([
    [0.05, -128, -8],
    [0.0625, -100, -4],
    [0.01, -128, 127],
    [0.47058824, -128, -115],
  ])("ReLU6 of scale %d and zero point %i ends at %i", (scale, zero, max) => {
    const bounds = integerClamp({ clamp_min: 0, clamp_max: 6 }, type(scale, zero));
    expect(bounds).toEqual({ min: zero, max });
  });
  it("rounds a bound half away from zero", () => {
    const bounds = integerClamp({ clamp_min: -0.75, clamp_max: 1.25 }, type(0.5, 0));
    expect(bounds).toEqual({ min: -2, max: 3 });
  });
});

it("two clamps in a row are one", () => {
  const random = new Random(1);
  const bound = () => random.pick([-Infinity, -2, -1, 0, 1, 2, Infinity]);
  const range = () => {
    const [a, b] = [bound(), bound()];
    return { min: Math.min(a, b), max: Math.max(a, b) };
  };
  const apply = (x: number, r: { min: number; max: number }) => Math.min(Math.max(x, r.min), r.max);
  for (let i = 0; i < 500; i++) {
    const [first, second] = [range(), range()];
    const both = composeClamps(first, second);
    for (const x of [-9, -1.5, -1, 0, 0.5, 1, 9])
      expect(apply(x, both)).toBe(apply(apply(x, first), second));
  }
});

describe("quantizeNumber", () => {
  it.each([
    [Number.NaN, -128],
    [Infinity, 127],
    [-Infinity, -128],
    [0, 3],
    [0.25, 3],
    [0.75, 5],
    [-0.25, 3],
    [1e30, 127],
  ])("stores %d as %i", (x, q) => {
    expect(quantizeNumber(x, 0.5, 3, [-128, 127])).toBe(q);
  });
});

it("a lookup table holds the nearest stored result of every stored input", () => {
  const [from, to] = [
    { scale: 0.04, zeroPoint: 11 },
    { scale: 1 / 128, zeroPoint: 0 },
  ];
  lookupTable(Math.tanh, from, to).forEach((y, i) => {
    const real = Math.tanh(from.scale * (i - 128 - from.zeroPoint)) * 128;
    expect(Math.abs(y - Math.min(127, real))).toBeLessThanOrEqual(0.5);
  });
});
