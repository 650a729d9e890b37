/** Streams of the int8 kernels of dsp.ts: starts, weights and multipliers in order of use. */
import { constantOf, type Node } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import { integerClamp } from "../../ops/clamp.ts";
import { filterFactors } from "../../ops/conv.ts";
import {
  clamp,
  makeRescale,
  type Profile,
  quantizeMultiplier,
  singleRounding,
} from "../../ops/numerics.ts";
import {
  type ConstantArray,
  type Fields,
  inputType,
  outputType,
  tableArray,
  weightsArray,
} from "../kernel.ts";

/** Two 16-bit numbers in a word. */
export const halves = (low: number, high: number): number => (low & 0xffff) | (high << 16);

/** Weights as [filter][tap], whatever their axes, with zeros outside. */
function weightsOf(node: Node) {
  const { data, shape } = constantOf(node.inputs[1])!;
  const filters = shape[0]!;
  const taps = elementCount(shape) / filters;
  const at = (f: number, k: number): number =>
    f < filters && k < taps ? Number(data[f * taps + k]) : 0;
  return { filters, taps, at };
}

interface Sums {
  readonly bias: number;
  /** Σ|w| times the farthest input from its zero point; 0 for a filter of zeros. */
  readonly reach: number;
}

/** Every filter's bias, and the reach of its products. */
function sumsOf(node: Node): Sums[] {
  const { filters, taps, at } = weightsOf(node);
  const zero = inputType(node).quant!.zeroPoint[0]!;
  const farthest = Math.max(127 - zero, 128 + zero);
  const biases = constantOf(node.inputs[2])?.data;
  return Array.from({ length: filters }, (_, f) => {
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += Math.abs(at(f, k));
    return { bias: Number(biases?.[f] ?? 0), reach: sum * farthest };
  });
}

/** The largest accumulator; a filter of zeros gets a small one, whatever its bias. */
const boundOf = ({ bias, reach }: Sums): number => (reach === 0 ? 1024 : Math.abs(bias) + reach);

/** No sum of products of a filter, less the zero point's share or not, is larger than its reach. */
export const reachesOf = (node: Node): number[] => sumsOf(node).map(({ reach }) => reach);

/** Whether 256·b + a fits 16 bits for every two filters, and sums of b's products 24. */
export function canPack(node: Node): boolean {
  const { filters, taps, at } = weightsOf(node);
  const sums = sumsOf(node);
  for (let f = 1; f < filters; f += 2) {
    if (boundOf(sums[f]!) >= 2 ** 23) return false;
    for (let k = 0; k < taps; k++) if (at(f, k) === -128 && at(f - 1, k) < 0) return false;
  }
  return true;
}

/** The same where filters of zeros keep their biases. */
export const canPackBiases = (node: Node): boolean =>
  canPack(node) && sumsOf(node).every(({ bias, reach }) => Math.abs(bias) + reach < 2 ** 23);

/** Bias less the zero point's share, so that inputs are taken as they are stored. */
export function startsOf(node: Node, biases: readonly number[]): (f: number) => number {
  const { taps, at } = weightsOf(node);
  const zero = inputType(node).quant!.zeroPoint[0]!;
  const starts = biases.map((bias, f) => {
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += at(f, k);
    return bias - zero * sum;
  });
  return (f) => starts[f] ?? 0;
}

export interface Rescaling {
  readonly biases: readonly number[];
  readonly multipliers: readonly number[];
  readonly exponents: ConstantArray | undefined;
  /** The core leaves the rescale to C. */
  readonly raw: boolean;
  readonly requantization: Fields;
  /** What the macro of a core that stores int8 takes: left shift and clamp. */
  readonly arguments: readonly number[];
}

interface Rescale {
  readonly bias: number;
  readonly multiplier: number;
  readonly exponent: number;
}

/** Of every filter; those of zeros, which may have huge biases, get a small one to the same end. */
function rescalesOf(node: Node, profile: Profile) {
  const [x, w, y] = [inputType(node), inputType(node, 1), outputType(node)];
  const given = filterFactors(x, w, y);
  const exact = makeRescale(given, profile);
  const sums = sumsOf(node);
  const factors = sums.map((_, f) => given[f] ?? given[0]!);
  const single = singleRounding(factors);
  const { leftShift } = single;
  const { min, max } = integerClamp(node.attrs, y);
  const zero = y.quant!.zeroPoint[0]!;
  const rescales = sums.map(({ bias, reach }, f): Rescale => {
    const constant = () => clamp(exact.apply(bias, f), min - zero, max - zero);
    if (profile === "fast")
      return reach === 0
        ? { bias: 4 * constant(), multiplier: 2 ** (30 - leftShift), exponent: 0 }
        : { bias, multiplier: single.multipliers[f]!, exponent: 0 };
    return reach === 0
      ? { bias: 2 * constant(), multiplier: 2 ** 30, exponent: 0 }
      : { bias, ...quantizeMultiplier(factors[f]!) };
  });
  return { rescales, leftShift, sums };
}

/** The rescale of every filter. */
export function rescalingOf(node: Node, profile: Profile): Rescaling {
  const y = outputType(node);
  const { min, max } = integerClamp(node.attrs, y);
  const { rescales, leftShift, sums } = rescalesOf(node, profile);
  const isFast = profile === "fast";
  const largest = Math.max(...sums.map(boundOf)) * 2 ** leftShift;
  const exponents = Int8Array.from(rescales, (r) => r.exponent);
  return {
    biases: rescales.map((r) => r.bias),
    multipliers: rescales.map((r) => r.multiplier),
    exponents: isFast ? undefined : tableArray("exponents", "int8", exponents),
    raw: !isFast || largest >= 2 ** 31,
    requantization: {
      tflite: isFast ? 0 : 1,
      left_shift: isFast ? leftShift : 0,
      per_channel: 1,
      zero_point: y.quant!.zeroPoint[0]!,
      min,
      max,
    },
    arguments: [isFast ? leftShift : 0, min, max],
  };
}

/** No rescale: the accumulators are the results. */
export const unscaled = (node: Node): Rescaling => ({
  biases: sumsOf(node).map(({ bias }) => bias),
  multipliers: [],
  exponents: undefined,
  raw: true,
  requantization: { tflite: 0, left_shift: 0, per_channel: 0, zero_point: 0, min: 0, max: 0 },
  arguments: [],
});

export const streamOf = (words: readonly number[]): ConstantArray =>
  weightsArray("stream", "int32", Int32Array.from(words));

/** Two filters in every 16-bit half. */
export function packedStream(node: Node, pairs: number, r: Rescaling): ConstantArray {
  const { filters, at } = weightsOf(node);
  const start = startsOf(node, r.biases);
  const words: number[] = [];
  for (let f = 0; f < filters; f += 4) {
    for (let g = f; g < f + 4; g += 2) words.push(start(g), (start(g) + 256 * start(g + 1)) | 0);
    for (let pair = 0; pair < pairs; pair++) {
      const k = (pair >> 1) * 4 + (pair & 1);
      for (let g = f; g < f + 4; g += 2) {
        const both = (i: number) => 256 * at(g + 1, i) + at(g, i);
        words.push(halves(both(k), both(k + 2)));
      }
    }
    for (let g = f; g < f + 4; g++) words.push(r.multipliers[g] ?? 0);
  }
  return streamOf(words);
}

/** Four channels a group; a tap's weights in two words, channels 0 and 2, then 1 and 3. */
export function depthwiseStream(node: Node, r: Rescaling): ConstantArray {
  const { filters, taps, at } = weightsOf(node);
  const start = startsOf(node, r.biases);
  const words: number[] = [];
  for (let c = 0; c < filters; c += 4) {
    for (let i = c; i < c + 4; i++) words.push(start(i));
    for (let t = 0; t < taps; t++)
      words.push(halves(at(c, t), at(c + 2, t)), halves(at(c + 1, t), at(c + 3, t)));
    for (let i = c; i < c + 4; i++) words.push(r.multipliers[i] ?? 0);
  }
  return streamOf(words);
}

/** Of every channel three lines of words (w0, w1) and (w1, w2), its start and its multiplier. */
export function linesStream(node: Node, r: Rescaling, turned: boolean): ConstantArray {
  const { filters, at: along } = weightsOf(node);
  const at = (c: number, t: number) => along(c, turned ? (t % 3) * 3 + Math.floor(t / 3) : t);
  const start = startsOf(node, r.biases);
  const words: number[] = [];
  for (let c = 0; c < filters; c++) {
    for (let t = 0; t < 9; t += 3)
      words.push(halves(at(c, t), at(c, t + 1)), halves(at(c, t + 1), at(c, t + 2)));
    words.push(start(c), r.multipliers[c]!);
  }
  return streamOf(words);
}
