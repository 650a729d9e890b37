/** Signals: windows, Fourier transforms, mel filters. */
import { type Attrs, constant, num, type Value } from "../ir/graph.ts";
import { newArray, numbers, scalar, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import {
  declaredAttr,
  declaredShape,
  type EvalContext,
  fail,
  floats,
  type InferContext,
  indices,
  normalAxis,
  type Operator,
  type RawNode,
} from "./operator.ts";
import { elementTypeOf } from "./typing.ts";

/** A number that is known while compiling; undefined where it is not, or not given. */
function knownNumber(context: InferContext, input: number): number | undefined {
  const tensor = context.constant(input);
  return tensor && numbers(tensor)[0];
}

/** The element type that `output_datatype` asks for. */
const outputType = (attrs: Attrs) => {
  const code = num({ attrs }, "output_datatype", 1);
  return elementTypeOf(code) ?? fail(`ONNX type ${code} is not supported`);
};

// ---- windows ----

/** Windows a − b·cos(2πn / N) + c·cos(4πn / N), by the operators' names. */
const windows: Readonly<Record<string, readonly [number, number, number]>> = {
  HannWindow: [0.5, 0.5, 0],
  HammingWindow: [25 / 46, 21 / 46, 0],
  BlackmanWindow: [0.42, 0.5, 0.08],
};

export const windowNames = Object.keys(windows);
export const windowCosines = (op: string) => windows[op]!;
export const isPeriodic = (attrs: Attrs): boolean => num({ attrs }, "periodic", 1) !== 0;

/** Number n of a window of `size`; 0 behind it. */
function windowAt(op: string, n: number, size: number, attrs: Attrs): number {
  const [a, b, c] = windows[op]!;
  if (n >= size) return 0;
  const period = Math.max(1, isPeriodic(attrs) ? size : size - 1);
  const angle = (2 * Math.PI * n) / period;
  return a - b * Math.cos(angle) + c * Math.cos(2 * angle);
}

/** A window whose size is that of run time has the declared length, with zeros behind its end. */
const window = (name: string): Operator => ({
  name,
  level: "any",
  inputs: ["size: I"],
  outputs: 1,
  attrs: { output_datatype: "int", periodic: "flag", ...declaredAttr },
  defaults: { output_datatype: 1, periodic: 1 },
  types: { I: indices },
  declares: { inputs: [0] },
  infer: (context) => {
    const size = knownNumber(context, 0) ?? declaredShape(context)?.[0];
    if (size === undefined) fail("'size' must be known while compiling, or the shape declared");
    if (size < 0) fail(`a window has no ${size} numbers`);
    return [{ elem: outputType(context.attrs), shape: [size] }];
  },
  evaluate: ({ inputs, attrs, types }) => {
    const { elem, shape } = types[0]!;
    const size = numbers(inputs[0]!)[0]!;
    const values = Array.from({ length: shape[0]! }, (_, n) => windowAt(name, n, size, attrs));
    return [tensorOf(elem, shape, values)];
  },
});

// ---- Fourier transforms ----

/** Real and imaginary parts. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Σ x[n]·e^(∓2πi·kn/N), by the definition. */
export function transform({ re, im }: Complex, inverse: boolean): Complex {
  const count = re.length;
  const [outRe, outIm] = [new Float64Array(count), new Float64Array(count)];
  const sign = inverse ? 1 : -1;
  for (let k = 0; k < count; k++)
    for (let n = 0; n < count; n++) {
      const angle = (sign * 2 * Math.PI * ((k * n) % count)) / count;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      outRe[k]! += re[n]! * c - im[n]! * s;
      outIm[k]! += re[n]! * s + im[n]! * c;
    }
  return { re: outRe, im: outIm };
}

/** What a DFT does, with its axis in the middle: [outer, size, inner, parts]. */
export interface Transform {
  readonly axis: number;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** 1: real, 2: complex. */
  readonly parts: number;
  readonly length: number;
  /** Numbers of the result along the axis. */
  readonly results: number;
  readonly resultParts: number;
  readonly inverse: boolean;
  /** Half of a spectrum, the other half of which follows, is what comes out or goes in. */
  readonly isHalf: boolean;
}

const checkAxis = (axis: number, rank: number): number => {
  const normal = normalAxis(axis, rank);
  if (normal === rank - 1) fail("the last axis holds the parts of numbers, no signal");
  return normal;
};

/** A transform along an axis; without a length, as many numbers as the input has. */
export function transformOf(shape: Shape, attrs: Attrs, given: number, length?: number): Transform {
  const rank = shape.length;
  const parts = shape.at(-1);
  if (rank < 2 || (parts !== 1 && parts !== 2)) fail(`[${shape}] does not end in 1 or 2 parts`);
  const axis = checkAxis(given, rank);
  const size = shape[axis]!;
  const inverse = num({ attrs }, "inverse") !== 0;
  const isHalf = num({ attrs }, "onesided") !== 0;
  if (isHalf && !inverse && parts === 2) fail("a onesided spectrum is that of a real signal");
  const own = length ?? (isHalf && inverse ? 2 * (size - 1) : size);
  if (!(own >= 1)) fail(`a transform has no ${own} numbers`);
  return {
    axis,
    outer: elementCount(shape.slice(0, axis)),
    size,
    inner: elementCount(shape.slice(axis + 1, -1)),
    parts,
    length: own,
    results: isHalf && !inverse ? Math.floor(own / 2) + 1 : own,
    resultParts: isHalf && inverse ? 1 : 2,
    inverse,
    isHalf,
  };
}

/** The signal that goes into a transform: cut, or filled with zeros, or with a spectrum's half. */
function signalOf(x: ArrayLike<number>, t: Transform, at: (n: number) => number): Complex {
  const [re, im] = [new Float64Array(t.length), new Float64Array(t.length)];
  const known = t.isHalf && t.inverse ? Math.floor(t.length / 2) + 1 : t.length;
  for (let n = 0; n < Math.min(t.size, known); n++) {
    re[n] = x[at(n)]!;
    im[n] = t.parts === 2 ? x[at(n) + 1]! : 0;
  }
  if (!(t.isHalf && t.inverse)) return { re, im };
  im[0] = 0;
  if (t.length % 2 === 0) im[t.length / 2] = 0;
  for (let n = known; n < t.length; n++) {
    re[n] = re[t.length - n]!;
    im[n] = -im[t.length - n]!;
  }
  return { re, im };
}

function evaluateTransform(x: Tensor, t: Transform, to: { [i: number]: number }): void {
  const from = numbers(x);
  const scale = t.inverse ? 1 / t.length : 1;
  for (let o = 0; o < t.outer; o++)
    for (let i = 0; i < t.inner; i++) {
      const at = (n: number) => ((o * t.size + n) * t.inner + i) * t.parts;
      const { re, im } = transform(signalOf(from, t, at), t.inverse);
      for (let k = 0; k < t.results; k++) {
        const place = ((o * t.results + k) * t.inner + i) * t.resultParts;
        to[place] = re[k]! * scale;
        if (t.resultParts === 2) to[place + 1] = im[k]! * scale;
      }
    }
}

/** Until opset 19 the axis was an attribute, 1 by default. */
function axisAsInput(node: RawNode): RawNode {
  const { axis = 1, ...attrs } = node.attrs as { axis?: number };
  const [x, length] = node.inputs;
  const given: Value = constant(scalar("int64", axis), "axis");
  return { ...node, attrs, inputs: [x, length, given] };
}

const defaultAxis = -2;

const at = (inputs: readonly (Tensor | undefined)[], i: number): number | undefined =>
  inputs[i] && numbers(inputs[i])[0];

/**
 * With an axis or a length of run time the shape is the declared one; numbers behind the result are
 * zeros.
 */
const dft: Operator = {
  name: "DFT",
  level: "any",
  inputs: ["input: T", "dft_length?: I", "axis?: J"],
  outputs: 1,
  attrs: { inverse: "flag", onesided: "flag", axis: "int", ...declaredAttr },
  defaults: { inverse: 0, onesided: 0 },
  types: { T: floats, I: indices, J: ["int64"] },
  upgrade: (node, opset) => (opset < 20 ? axisAsInput(node) : node),
  declares: { inputs: [1, 2] },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const declared = declaredShape(context);
    const isOpen = [1, 2].some((i) => context.inputs[i] && !context.constant(i));
    if (isOpen && declared?.length === shape.length) return [{ elem, shape: declared }];
    if (isOpen)
      fail("'dft_length' and 'axis' must be known while compiling, or the shape declared");
    const axis = knownNumber(context, 2) ?? defaultAxis;
    const t = transformOf(shape, context.attrs, axis, knownNumber(context, 1));
    const result = shape.map((d, i) => (i === t.axis ? t.results : d));
    return [{ elem, shape: [...result.slice(0, -1), t.resultParts] }];
  },
  evaluate: ({ inputs, attrs, types }) => {
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const x = inputs[0]!;
    const rank = x.shape.length;
    const given = at(inputs, 2) ?? defaultAxis;
    const axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank - 1) return [{ elem, shape, data }];
    const t = transformOf(x.shape, attrs, axis, at(inputs, 1));
    if (t.outer * t.results * t.inner * t.resultParts === data.length)
      evaluateTransform(x, t, data);
    return [{ elem, shape, data }];
  },
};

/** Sizes of a short-time Fourier transform. */
export interface Frames {
  readonly batch: number;
  readonly size: number;
  readonly parts: number;
  readonly step: number;
  readonly length: number;
  readonly frames: number;
  readonly bins: number;
}

export function framesOf(
  signal: Shape,
  attrs: Attrs,
  step: number,
  length: number,
  windowSize = length,
): Frames {
  const [batch, size, parts = 1] = signal as [number, number, number?];
  if (signal.length < 2 || signal.length > 3) fail(`a signal has rank 3, not ${signal.length}`);
  if (!(step >= 1)) fail(`'frame_step' is ${step}`);
  if (!(length >= 1) || length > size) fail(`${size} numbers have no frames of ${length}`);
  if (windowSize !== length) fail(`the window has ${windowSize} numbers, not ${length}`);
  const isHalf = num({ attrs }, "onesided", 1) !== 0;
  if (isHalf && parts === 2) fail("a onesided spectrum is that of a real signal");
  const bins = isHalf ? Math.floor(length / 2) + 1 : length;
  return { batch, size, parts, step, length, frames: Math.floor((size - length) / step) + 1, bins };
}

/** The length of frames: given, or the window's, or all. */
export function frameLength(context: InferContext): number | undefined {
  const [signal, , own, length] = context.inputs;
  if (length) return knownNumber(context, 3);
  return own ? own.shape[0] : signal!.shape[1];
}

function evaluateFrames(
  context: EvalContext,
  f: Frames,
  to: { [i: number]: number },
  frames: number,
) {
  const [signal, , given] = context.inputs as [Tensor, Tensor, Tensor?];
  const [x, w] = [numbers(signal), given && numbers(given)];
  for (let b = 0; b < f.batch; b++)
    for (let k = 0; k < Math.min(f.frames, frames); k++) {
      const part = (p: number) =>
        Float64Array.from({ length: f.length }, (_, n) =>
          p < f.parts ? x[(b * f.size + k * f.step + n) * f.parts + p]! * (w?.[n] ?? 1) : 0,
        );
      const { re, im } = transform({ re: part(0), im: part(1) }, false);
      for (let i = 0; i < f.bins; i++) {
        const place = ((b * frames + k) * f.bins + i) * 2;
        [to[place], to[place + 1]] = [re[i]!, im[i]!];
      }
    }
}

/** With a step or a length of run time the shape is the declared one; other frames are zeros. */
const stft: Operator = {
  name: "STFT",
  level: "any",
  inputs: ["signal: T", "frame_step: I", "window?: T", "frame_length?: I"],
  outputs: 1,
  attrs: { onesided: "flag", ...declaredAttr },
  defaults: { onesided: 1 },
  types: { T: floats, I: indices },
  declares: { inputs: [1, 3] },
  infer: (context) => {
    const [signal, , given] = context.inputs;
    const { elem, shape } = signal!;
    const declared = declaredShape(context);
    const [step, length] = [knownNumber(context, 1), frameLength(context)];
    if (step === undefined || length === undefined) {
      if (declared?.length !== 4)
        fail(
          "'frame_step' and 'frame_length' must be known while compiling, or the shape declared",
        );
      return [{ elem, shape: declared! }];
    }
    const f = framesOf(shape, context.attrs, step, length, given?.shape[0]);
    return [{ elem, shape: [f.batch, f.frames, f.bins, 2] }];
  },
  evaluate: (context) => {
    const { inputs, inputTypes, attrs, types } = context;
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const step = Math.max(1, at(inputs, 1)!);
    const length = at(inputs, 3) ?? inputs[2]?.shape[0] ?? inputs[0]!.shape[1]!;
    const size = inputs[0]!.shape[1]!;
    if (!(length >= 1) || length > size || (inputs[2]?.shape[0] ?? length) !== length)
      return [{ elem, shape, data }];
    const f = framesOf(inputTypes[0]!.shape, attrs, step, length, inputTypes[2]?.shape[0]);
    if (f.bins === shape[2]) evaluateFrames(context, f, data, shape[1]!);
    return [{ elem, shape, data }];
  },
};

// ---- mel filters ----

const toMel = (hertz: number): number => (2595 * Math.log1p(hertz / 700)) / Math.LN10;
const toHertz = (mel: number): number => 700 * Math.expm1((mel / 2595) * Math.LN10);

/** A filter's weight of a bin: a triangle over three bins, one at the middle. */
function melWeight(bin: number, low: number, middle: number, high: number): number {
  if (bin === middle && middle > low) return 1;
  if (bin >= low && bin < middle) return (bin - low) / (middle - low);
  if (bin >= middle && bin < high) return (high - bin) / (high - middle);
  return bin === middle && low === middle ? 1 : 0;
}

/** [bins of a spectrum's half][filters], flat, in a shape that may be another one: then zeros. */
function melWeights(given: readonly number[], shape: Shape): Float64Array {
  const [filters, length, rate, lowest, highest] = given as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [low, high] = [toMel(lowest), toMel(highest)];
  const step = (high - low) / (filters + 2);
  const bin = (i: number) => Math.floor(((length + 1) * toHertz(low + i * step)) / rate);
  const [rows, columns] = shape as [number, number];
  const weights = new Float64Array(rows * columns);
  if (columns !== filters || rows !== Math.floor(length / 2) + 1) return weights;
  for (let f = 0; f < columns; f++)
    for (let b = 0; b < rows; b++)
      weights[b * columns + f] = melWeight(b, bin(f), bin(f + 1), bin(f + 2));
  return weights;
}

const melWeightMatrix: Operator = {
  name: "MelWeightMatrix",
  level: "any",
  inputs: [
    ...["num_mel_bins: I", "dft_length: I", "sample_rate: I"],
    ...["lower_edge_hertz: F", "upper_edge_hertz: F"],
  ],
  outputs: 1,
  attrs: { output_datatype: "int", ...declaredAttr },
  defaults: { output_datatype: 1 },
  types: { I: indices, F: floats },
  declares: { inputs: [0, 1] },
  infer: (context) => {
    const [filters, length] = [knownNumber(context, 0), knownNumber(context, 1)];
    const elem = outputType(context.attrs);
    const declared = declaredShape(context);
    if (filters !== undefined && length !== undefined)
      return [{ elem, shape: [Math.floor(length / 2) + 1, filters] }];
    if (declared?.length !== 2)
      fail("'num_mel_bins' and 'dft_length' must be known while compiling, or the shape declared");
    return [{ elem, shape: declared! }];
  },
  evaluate: ({ inputs, types }) => {
    const { elem, shape } = types[0]!;
    const given = inputs.map((t) => numbers(t!)[0]!);
    return [tensorOf(elem, shape, melWeights(given, shape))];
  },
};

export const signalOperators: readonly Operator[] = [
  ...windowNames.map(window),
  dft,
  stft,
  melWeightMatrix,
];
