/** Integer pools: TFLite's rounded division of the sum, half away from zero, of real elements only. */
import { describe, expect, it } from "vitest";
import { evaluateNode } from "../../compiler/check/eval.ts";
import { type Attrs, input } from "../../compiler/ir/graph.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { perTensor } from "../../compiler/ir/types.ts";
import { build } from "../../compiler/ops/build.ts";
import { Random } from "../support/random.ts";

const quant = perTensor(0.1, 7);
const stored = { elem: "int8", quant } as const;

function pool(op: string, x: Tensor, attrs: Attrs): number[] {
  const { node } = build(op, [input("x", { ...stored, shape: x.shape })], attrs, { stored });
  return Array.from(evaluateNode(node, [x], "tflite")[0]!.data as Int8Array);
}

/** C's integer division. */
const average = (qs: readonly number[]): number => {
  const [sum, n] = [BigInt(qs.reduce((a, b) => a + b, 0)), BigInt(qs.length)];
  return Number(sum > 0n ? (sum + n / 2n) / n : (sum - n / 2n) / n);
};

describe("a window over the whole image", () => {
  it.each([1, 2, 3, 4, 5, 7, 10, 49, 100])("of %i elements", (count) => {
    const random = new Random(count);
    for (let i = 0; i < 200; i++) {
      const qs = Array.from({ length: count }, () => random.int(-128, 127));
      const x = tensorOf("int8", [1, 1, count, 1], qs);
      const attrs = { kernel_shape: [1, count] };
      expect(pool("AveragePool2D", x, attrs)).toEqual([average(qs)]);
      expect(pool("MaxPool2D", x, attrs)).toEqual([Math.max(...qs)]);
    }
  });
  it("rounds ties away from zero", () => {
    const mean = (...qs: number[]) =>
      pool("AveragePool2D", tensorOf("int8", [1, 1, qs.length, 1], qs), {
        kernel_shape: [1, qs.length],
      })[0];
    expect([mean(1, 0), mean(-1, 0), mean(3, 2), mean(-3, -2)]).toEqual([1, -1, 3, -3]);
  });
});

/** The real elements of every 3×3 window with pads of 1 and strides of 2 over 5×5. */
function windows(x: Tensor): number[][] {
  const at = (r: number, c: number) => (x.data as Int8Array)[r * 5 + c]!;
  const inside = (i: number) => [i - 1, i, i + 1].filter((k) => k >= 0 && k < 5);
  return [0, 2, 4].flatMap((r) =>
    [0, 2, 4].map((c) => inside(r).flatMap((i) => inside(c).map((j) => at(i, j)))),
  );
}

it("leaves padding out of sum and count", () => {
  const random = new Random(1);
  const attrs = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  for (let i = 0; i < 100; i++) {
    const x = random.tensor("int8", [1, 5, 5, 1]);
    expect(pool("AveragePool2D", x, attrs)).toEqual(windows(x).map(average));
    expect(pool("MaxPool2D", x, attrs)).toEqual(windows(x).map((w) => Math.max(...w)));
  }
});

it("counts padding as the zero point where the model says so", () => {
  const random = new Random(2);
  const attrs = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 };
  const padded = (w: number[]) => [...w, ...Array(9 - w.length).fill(quant.zeroPoint[0])];
  for (let i = 0; i < 100; i++) {
    const x = random.tensor("int8", [1, 5, 5, 1]);
    const want = windows(x).map((w) => average(padded(w)));
    expect(pool("AveragePool2D", x, attrs)).toEqual(want);
  }
});
