/** The rescale of Armv6-M's cores, in 32-bit arithmetic as they do it, against exact arithmetic. */
import { expect, test } from "vitest";
import { type Parts, rescaleOf } from "../../compiler/kernels/v6m/filters.ts";
import { Random } from "./random.ts";

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

interface Range {
  readonly zero_point: number;
  readonly min: number;
  readonly max: number;
}

function exact(acc: number, m: number, { zero_point, min, max }: Range): number {
  const y = Number((BigInt(acc) * BigInt(m) + 2n ** 31n) >> 32n);
  return clamp(y + zero_point, min, max);
}

/** Wraps around where the processor does. */
function cores(acc: number, marked: number, { zero_point, min, max }: Range): number {
  const m = marked & 0x7fffffff;
  const addend = (zero_point - min) * 65536 + 32768;
  const middle = Math.imul(acc, (m >> 8) & 255) + (Math.imul(acc, m & 255) >> 8);
  const three = (Math.imul(acc, m >> 16) + ((middle | 0) >> 8) + addend) | 0;
  const two = (Math.imul(acc, m >> 12) + (Math.imul(acc, m & 4095) >> 12) + addend * 16) | 0;
  return clamp(marked < 0 ? three >> 16 : two >> 20, 0, max - min) + min;
}

const magnitude = (r: Random, bits: number): number => Math.floor(2 ** r.real(0, bits));

function drawn(r: Random) {
  const min = r.int(-128, 0);
  const range = { min, max: r.int(min + 1, 127), zero_point: r.int(-128, 127) };
  const weights = r.list(r.int(1, 40), () => r.int(-r.int(0, 127), r.int(0, 127)));
  const m = magnitude(r, 31);
  const isNear = r.chance(0.5);
  const bias = isNear ? Math.round((r.real(-200, 200) * 2 ** 32) / m) : magnitude(r, 30);
  return { range, weights, m, bias: clamp(bias, -(2 ** 30), 2 ** 30) };
}

test("results are those of exact arithmetic for every sum that can occur", () => {
  const r = new Random(1);
  const wrong: object[] = [];
  const kinds = { two: 0, three: 0, fewer: 0, constant: 0, none: 0 };
  for (let i = 0; i < 20000; i++) {
    const { range, weights, m, bias } = drawn(r);
    const filters = { count: 1, taps: weights.length, weights };
    const parts = {
      binding: { shape: { x_zero_point: 0 } },
      bias: [bias],
      multipliers: [m],
      requantization: { tflite: 0, left_shift: 0, ...range },
    } as unknown as Parts;
    const made = rescaleOf(filters, parts);
    if (!made) {
      kinds.none++;
      continue;
    }
    const [own, marked] = [made.bias[0]!, made.multipliers[0]!];
    const isConstant = Array.from(made.filters.weights).every((w) => w === 0);
    if (isConstant) kinds.constant++;
    else if (own !== bias) kinds.fewer++;
    else if (marked < 0) kinds.three++;
    else kinds.two++;
    const spread = 128 * weights.reduce((sum, w) => sum + Math.abs(w), 0);
    for (let k = 0; k < 60; k++) {
      const sum = k < 2 ? (2 * k - 1) * spread : r.int(-spread, spread);
      const got = cores((isConstant ? 0 : sum) + own, marked, range);
      if (got !== exact(sum + bias, m, range)) wrong.push({ sum, bias, m, ...range });
    }
  }
  expect(wrong).toEqual([]);
  expect(Math.min(...Object.values(kinds))).toBeGreaterThan(20);
});
