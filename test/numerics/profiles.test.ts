/** Profile `fast` is never further from exact real arithmetic than `tflite`: error histograms. */
import { describe, expect, it } from "vitest";
import { Random } from "../support/random.ts";
import { connected, elementwise, type Layer, product, real, run } from "./layers.ts";

const kinds: Record<string, (random: Random) => Layer> = {
  FullyConnected: (r) => connected(r, r.int(4, 200), 8),
  "FullyConnected with few inputs": (r) => connected(r, r.int(1, 3), 8),
  MatMul: (r) => product(r, r.int(1, 60)),
  Add: (r) => elementwise(r, "Add", [1, 64]),
  Sub: (r) => elementwise(r, "Sub", [1, 64]),
  Mul: (r) => elementwise(r, "Mul", [1, 64]),
  Requantize: (r) => elementwise(r, "Requantize", [1, 64]),
  AveragePool2D: (r) => elementwise(r, "AveragePool2D", [1, 5, 7, 9], { kernel_shape: [5, 7] }),
};

/** Errors in steps of a layer's results, over many layers of a kind. */
function errors(make: (random: Random) => Layer, profile: "fast" | "tflite"): number[] {
  const random = new Random(11);
  return Array.from({ length: 200 }, () => {
    const layer = make(random);
    const want = real(layer);
    return run(layer, profile).map((q, i) => Math.abs(q - want[i]!));
  }).flat();
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const largest = (xs: readonly number[]): number => xs.reduce((a, b) => Math.max(a, b), 0);
const beyond = (xs: readonly number[], steps: number): number => xs.filter((x) => x > steps).length;

describe.each(Object.entries(kinds))("%s", (_, make) => {
  const [fast, tflite] = [errors(make, "fast"), errors(make, "tflite")];

  it("rounds once: half a step and the multiplier's own error", () => {
    expect(largest(fast)).toBeLessThan(0.51);
  });

  it("has no more results beyond half a step", () => {
    expect(beyond(fast, 0.5 + 1e-3)).toBeLessThanOrEqual(beyond(tflite, 0.5 + 1e-3));
  });

  it("is no further off on average, nor at worst", () => {
    expect(mean(fast)).toBeLessThanOrEqual(mean(tflite) + 1e-6);
    expect(largest(fast)).toBeLessThanOrEqual(largest(tflite) + 1e-4);
  });

  it("differs from tflite by one step at most, two for sums", () => {
    const random = new Random(12);
    const steps = /Add|Sub/.test(_) ? 2 : 1;
    for (let i = 0; i < 50; i++) {
      const layer = make(random);
      const other = run(layer, "tflite");
      run(layer, "fast").forEach((q, k) => {
        expect(Math.abs(q - other[k]!)).toBeLessThanOrEqual(steps);
      });
    }
  });
});
