import { expect } from "vitest";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { isFloat } from "../../compiler/ir/types.ts";

const magnitude = (xs: ArrayLike<number>): number =>
  Array.from(xs).reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0);

/** The largest difference of two lists; NaN and infinities must be the same. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const d = Math.abs(a[i]! - b[i]!);
    largest = d <= largest ? largest : Number.isNaN(d) ? Infinity : d;
  }
  return largest;
}

/** Same type and shape; floats within `relative` of the largest magnitude, integers within `steps`. */
export function expectNear(got: Tensor, want: Tensor, relative = 1e-5, steps = 0): void {
  expect([got.elem, ...got.shape]).toEqual([want.elem, ...want.shape]);
  const [a, b] = [numbers(got), numbers(want)];
  expect(a.length).toBe(b.length);
  const bound = isFloat(want.elem) ? relative * Math.max(magnitude(b), 1e-6) : steps;
  const difference = largestDifference(a, b);
  if (!(difference <= bound))
    expect(Array.from(a), `differs by ${difference}`).toEqual(Array.from(b));
}
