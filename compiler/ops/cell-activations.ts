/** The functions that recurrent cells name: ONNX's names, parameters and defaults. */
import { fail } from "./operator.ts";

/** A function's place in this table is its code in C (`recurrent_f32.h`). */
interface Entry {
  readonly name: string;
  /** What alpha and beta are where none is left in the lists; undefined: the function has none. */
  readonly alpha?: number;
  readonly beta?: number;
  readonly f: (x: number, alpha: number, beta: number) => number;
}

const entries: readonly Entry[] = [
  { name: "Sigmoid", f: (x) => 1 / (1 + Math.exp(-x)) },
  { name: "Tanh", f: (x) => Math.tanh(x) },
  { name: "Relu", f: (x) => Math.max(0, x) },
  { name: "Affine", alpha: 1, beta: 0, f: (x, alpha, beta) => alpha * x + beta },
  { name: "LeakyRelu", alpha: 0.01, f: (x, alpha) => (x >= 0 ? x : alpha * x) },
  { name: "ThresholdedRelu", alpha: 1, f: (x, alpha) => (x >= alpha ? x : 0) },
  { name: "ScaledTanh", alpha: 1, beta: 1, f: (x, alpha, beta) => alpha * Math.tanh(beta * x) },
  {
    name: "HardSigmoid",
    alpha: 0.2,
    beta: 0.5,
    f: (x, alpha, beta) => Math.min(1, Math.max(0, alpha * x + beta)),
  },
  { name: "Elu", alpha: 1, f: (x, alpha) => (x >= 0 ? x : alpha * Math.expm1(x)) },
  { name: "Softsign", f: (x) => x / (1 + Math.abs(x)) },
  {
    name: "Softplus",
    f: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
  },
];

export interface Activation {
  readonly code: number;
  readonly alpha: number;
  readonly beta: number;
  readonly f: (x: number) => number;
}

/**
 * The functions of that names; each takes the next number of the lists for the parameters that it
 * has.
 */
export function activationsOf(
  names: readonly string[],
  alphas: readonly number[],
  betas: readonly number[],
): Activation[] {
  const [nextAlpha, nextBeta] = [alphas.values(), betas.values()];
  return names.map((name) => {
    const code = entries.findIndex((e) => e.name.toLowerCase() === name.toLowerCase());
    const entry = entries[code] ?? fail(`'${name}' is no activation of a recurrent cell`);
    const alpha = entry.alpha === undefined ? 0 : (nextAlpha.next().value ?? entry.alpha);
    const beta = entry.beta === undefined ? 0 : (nextBeta.next().value ?? entry.beta);
    return { code, alpha, beta, f: (x) => entry.f(x, alpha, beta) };
  });
}
