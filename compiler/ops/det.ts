/** Determinants of the matrices in a tensor. */
import { tensorOf } from "../ir/tensor.ts";
import { fail, floats, type Operator } from "./operator.ts";

/** By elimination with the largest pivot of each column; the matrix is overwritten. */
function determinant(m: Float64Array, n: number): number {
  let result = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let r = k + 1; r < n; r++)
      if (Math.abs(m[r * n + k]!) > Math.abs(m[pivot * n + k]!)) pivot = r;
    const largest = m[pivot * n + k]!;
    if (largest === 0) return 0;
    result *= pivot === k ? largest : -largest;
    for (let c = k; c < n; c++)
      [m[k * n + c], m[pivot * n + c]] = [m[pivot * n + c]!, m[k * n + c]!];
    for (let r = k + 1; r < n; r++) {
      const factor = m[r * n + k]! / largest;
      for (let c = k; c < n; c++) m[r * n + c]! -= factor * m[k * n + c]!;
    }
  }
  return result;
}

const det: Operator = {
  name: "Det",
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  types: { T: floats },
  infer: ({ inputs: [x] }) => {
    const { elem, shape } = x!;
    if (shape.length < 2 || shape.at(-1) !== shape.at(-2))
      fail(`a tensor of shape [${shape}] holds no square matrices`);
    return [{ elem, shape: shape.slice(0, -2) }];
  },
  evaluate: ({ inputs: [x], types }) => {
    const { elem, shape } = types[0]!;
    const n = x!.shape.at(-1)!;
    const from = x!.data as Float32Array;
    const values = Array.from({ length: from.length / n ** 2 }, (_, i) =>
      determinant(Float64Array.from(from.subarray(i * n * n, (i + 1) * n * n)), n),
    );
    return [tensorOf(elem, shape, values)];
  },
};

export const detOperators: readonly Operator[] = [det];
