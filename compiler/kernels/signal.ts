/** Fourier transforms, windows and mel filters. */
import { constantOf, type Node, num } from "../ir/graph.ts";
import { numbers } from "../ir/tensor.ts";
import { elementCount } from "../ir/types.ts";
import { contextOf } from "../ops/operator.ts";
import {
  frameLength,
  isPeriodic,
  type Transform,
  transformOf,
  windowCosines,
  windowNames,
} from "../ops/signal.ts";
import {
  type ConstantArray,
  count,
  type Fields,
  hasTypes,
  inputType,
  isConstant,
  type Kernel,
  oneInput,
  outputType,
  tableArray,
} from "./kernel.ts";

/** Cosines and sines of 2πk / length. */
function powers(length: number): ConstantArray {
  const table = new Float32Array(2 * length);
  for (let k = 0; k < length; k++) {
    const angle = (2 * Math.PI * k) / length;
    table.set([Math.cos(angle), Math.sin(angle)], 2 * k);
  }
  return tableArray("powers", "float32", table);
}

/** Instructions of one transform: passes over all numbers by the factors of the length. */
function transformCost(length: number): number {
  let [cost, rest] = [0, length];
  for (let radix = 4; rest > 1; ) {
    while (rest % radix === 0) {
      cost += length * (radix === 4 ? 20 : 14 * radix);
      rest /= radix;
    }
    radix = radix === 4 ? 2 : radix === 2 ? 3 : radix + 2;
  }
  return cost + 20 * length;
}

const known = (node: Node, input: number): number | undefined => {
  const tensor = constantOf(node.inputs[input]);
  return tensor && numbers(tensor)[0];
};

const isKnown = (node: Node, inputs: readonly number[]): boolean =>
  inputs.every((i) => !node.inputs[i] || isConstant(node.inputs[i]));

const isOf = (node: Node, inputs: readonly number[], elem: "int64" | "int32"): boolean =>
  inputs.every((i) => !node.inputs[i] || inputType(node, i).elem === elem);

/** An input that is computed at run time. */
const computed = (node: Node, input: number): number | undefined =>
  node.inputs[input] && !isConstant(node.inputs[input]) ? input : undefined;

// ---- DFT ----

const isFloat = (node: Node): boolean => hasTypes(node, ["float32"], "float32");
const flag = (isSet: boolean): number => (isSet ? 1 : 0);

const transformOfNode = (node: Node): Transform =>
  transformOf(inputType(node).shape, node.attrs, known(node, 2) ?? -2, known(node, 1));

const dft: Kernel = {
  name: "dft_f32",
  header: "dft_f32.h",
  ops: ["DFT"],
  serves: (node) => isFloat(node) && isKnown(node, [1, 2]),
  scratchBytes: (node) => 16 * transformOfNode(node).length,
  cost: (node) => {
    const { outer, inner, length } = transformOfNode(node);
    return outer * inner * transformCost(length);
  },
  bind: (node) => {
    const { axis: _, inverse, isHalf, resultParts, ...sizes } = transformOfNode(node);
    const shape = {
      ...{ outer: sizes.outer, size: sizes.size, inner: sizes.inner, parts: sizes.parts },
      ...{ length: sizes.length, results: sizes.results, result_parts: resultParts },
      ...{ inverse: flag(inverse), half: flag(isHalf) },
    };
    return { ...oneInput("mote_dft_f32_shape", shape), constants: [powers(sizes.length)] };
  },
};

const axesMax = 5;

/** No transform of run time is longer: half a spectrum has more than half of its numbers. */
const lengthMax = (node: Node): number =>
  2 * Math.max(...inputType(node).shape, ...outputType(node).shape);

/** The C struct `mote_dft_computed_f32_shape`. */
function computedFields(node: Node): Fields {
  const { shape } = inputType(node);
  const sizes = shape.slice(0, -1);
  const results = outputType(node).shape;
  return {
    rank: sizes.length,
    size: [...sizes, ...Array.from({ length: axesMax - sizes.length }, () => 1)],
    parts: shape.at(-1)!,
    results: elementCount(results.slice(0, -1)),
    result_parts: results.at(-1)!,
    length: known(node, 1) ?? 0,
    axis: known(node, 2) ?? -2,
    length_max: lengthMax(node),
    inverse: num(node, "inverse"),
    half: num(node, "onesided"),
  };
}

const dftComputed: Kernel = {
  name: "dft_computed_f32",
  header: "dft_f32.h",
  ops: ["DFT"],
  serves: (node) =>
    isFloat(node) &&
    !isKnown(node, [1, 2]) &&
    isOf(node, [1, 2], "int64") &&
    inputType(node).shape.length <= axesMax + 1,
  scratchBytes: (node) => 24 * lengthMax(node),
  cost: (node) => count(node) * 200 + 150 * lengthMax(node),
  bind: (node) => ({
    ...oneInput("mote_dft_computed_f32_shape", computedFields(node)),
    inputs: [0, computed(node, 1), computed(node, 2)],
  }),
};

// ---- STFT ----

/** The longest frame: one of run time makes as many bins as are declared. */
function longestFrame(node: Node): number {
  const length = frameLength(contextOf(node));
  const bins = outputType(node).shape[2]!;
  return length ?? (num(node, "onesided", 1) !== 0 ? 2 * bins - 1 : bins);
}

/** The C struct `mote_stft_f32_shape`. */
function framesFields(node: Node): Fields {
  const [batch, size, parts = 1] = inputType(node).shape as [number, number, number?];
  const [, frames, bins] = outputType(node).shape as [number, number, number];
  const step = known(node, 1) ?? 1;
  return { batch, size, parts, step, length: longestFrame(node), frames, bins };
}

const framesCost = (node: Node): number => {
  const [batch, frames] = outputType(node).shape as [number, number];
  return batch * frames * transformCost(longestFrame(node));
};

const window = (node: Node): number | undefined => (node.inputs[2] ? 2 : undefined);

const stft: Kernel = {
  name: "stft_f32",
  header: "stft_f32.h",
  ops: ["STFT"],
  serves: (node) => isFloat(node) && isKnown(node, [1, 3]),
  scratchBytes: (node) => 16 * longestFrame(node),
  cost: framesCost,
  bind: (node) => ({
    ...oneInput("mote_stft_f32_shape", framesFields(node)),
    inputs: [0, window(node)],
    constants: [powers(longestFrame(node))],
  }),
};

const stftComputed: Kernel = {
  name: "stft_computed_f32",
  header: "stft_f32.h",
  ops: ["STFT"],
  serves: (node) => isFloat(node) && !isKnown(node, [1, 3]) && isOf(node, [1, 3], "int64"),
  scratchBytes: (node) => 24 * longestFrame(node),
  cost: (node) => framesCost(node) + 150 * longestFrame(node),
  bind: (node) => ({
    ...oneInput("mote_stft_f32_shape", framesFields(node)),
    inputs: [0, computed(node, 1), window(node), computed(node, 3)],
  }),
};

// ---- windows and filters ----

const cosineWindow = (elem: "int32" | "int64"): Kernel => ({
  name: `cosine_window_${elem === "int32" ? "s32" : "s64"}`,
  header: "cosine_window_f32.h",
  ops: windowNames,
  serves: (node) => hasTypes(node, [elem], "float32"),
  cost: (node) => count(node) * 200,
  bind: (node) => {
    const [first, second, third] = windowCosines(node.op);
    return oneInput("mote_cosine_window_f32_shape", {
      count: count(node),
      periodic: flag(isPeriodic(node.attrs)),
      first: { float: first },
      second: { float: second },
      third: { float: third },
    });
  },
});

const mel: Kernel = {
  name: "mel_f32",
  header: "mel_f32.h",
  ops: ["MelWeightMatrix"],
  serves: (node) => hasTypes(node, ["int32", "int32", "int32", "float32", "float32"], "float32"),
  cost: (node) => count(node) * 20,
  bind: (node) => {
    const [bins, filters] = outputType(node).shape as [number, number];
    return { ...oneInput("mote_mel_f32_shape", { bins, filters }), inputs: [0, 1, 2, 3, 4] };
  },
};

export const signalKernels: readonly Kernel[] = [
  dft,
  dftComputed,
  stft,
  stftComputed,
  cosineWindow("int32"),
  cosineWindow("int64"),
  mel,
];
