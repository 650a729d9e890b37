/**
 * What convolutions and pools share: kernel shape, strides, dilations, pads and the output's size.
 */
import { type Attrs, ints, num, str } from "../ir/graph.ts";
import { elementCount } from "../ir/types.ts";
import { type AttrKind, fail, type RawNode } from "./operator.ts";

/** The empty text is what some exporters write for none. */
export const autoPads = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", ""] as const;

/** How images lie in lowered operators. */
export const layouts = ["NHWC", "NCHW"] as const;

/** Attributes of every convolution. */
export const convolutionAttrs: Readonly<Record<string, AttrKind>> = {
  auto_pad: autoPads,
  dilations: "ints",
  group: "int",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

/** What ONNX takes for those that are absent. */
export const windowDefaults: Attrs = {
  auto_pad: "NOTSET",
  ceil_mode: 0,
  dilations: [1],
  group: 1,
  output_padding: [0],
  pads: [0],
  strides: [1],
};

/** The kernel's shape follows from the weights'. */
export function withoutKernelShape(node: RawNode): RawNode {
  const { kernel_shape, ...attrs } = node.attrs;
  const [, , ...kernel] = node.inputs[1]?.type.shape ?? [];
  const follows = Array.isArray(kernel_shape) && kernel.join() === kernel_shape.join();
  return follows ? { ...node, attrs } : node;
}

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly output: readonly number[];
}

const ones = (rank: number): number[] => Array.from({ length: rank }, () => 1);

/** Elements that a kernel may have, and sizes that it may span: counters in C have 32 bits. */
const spanMax = 2 ** 20;

const checkSpans = (name: string, spans: readonly number[]): void => {
  if (spans.some((x) => !(Math.abs(x) <= spanMax)))
    fail(`'${name}' [${spans}] go beyond ${spanMax.toLocaleString("en")}`);
};

function perAxis(attrs: Attrs, name: string, rank: number, absent: readonly number[]) {
  const given = ints({ attrs }, name);
  if (given.length === 0) return absent;
  if (given.length !== rank)
    fail(`'${name}' has ${given.length} numbers, but the input has ${rank} spatial axes`);
  if (given.some((x) => !Number.isInteger(x) || x < 1)) fail(`'${name}' must be positive`);
  checkSpans(name, given);
  return given;
}

/** Pads of one axis for auto_pad SAME_UPPER and SAME_LOWER. */
function samePads(size: number, stride: number, extent: number, upper: boolean): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
  const small = Math.floor(total / 2);
  return upper ? [small, total - small] : [total - small, small];
}

function padsOf(
  attrs: Attrs,
  spatial: readonly number[],
  w: Pick<Window, "strides">,
  extents: number[],
  crops = false,
) {
  const rank = spatial.length;
  const auto = str({ attrs }, "auto_pad", "NOTSET");
  if (auto.startsWith("SAME"))
    return spatial.map((size, i) =>
      samePads(size, w.strides[i]!, extents[i]!, auto === "SAME_UPPER"),
    );
  const pads = auto === "VALID" ? [] : ints({ attrs }, "pads");
  if (pads.length !== 0 && pads.length !== 2 * rank)
    fail(`'pads' has ${pads.length} numbers instead of ${2 * rank}`);
  if (!crops && pads.some((p) => p < 0)) fail("'pads' must not be negative");
  checkSpans("pads", pads);
  return spatial.map((_, i): [number, number] => [pads[i] ?? 0, pads[i + rank] ?? 0]);
}

/**
 * The window of a convolution or pool over the given spatial sizes. Negative pads, where they are
 * allowed, crop the input.
 */
export function windowOf(
  attrs: Attrs,
  spatial: readonly number[],
  kernelShape: readonly number[] = ints({ attrs }, "kernel_shape"),
  crops = false,
): Window {
  const rank = spatial.length;
  if (kernelShape.some((k) => k < 1)) fail(`the kernel [${kernelShape}] has a size below 1`);
  if (kernelShape.length !== rank)
    fail(`a kernel of shape [${kernelShape}] does not fit ${rank} spatial axes`);
  const strides = perAxis(attrs, "strides", rank, ones(rank));
  const dilations = perAxis(attrs, "dilations", rank, ones(rank));
  const extents = kernelShape.map((k, i) => (k - 1) * dilations[i]! + 1);
  checkSpans("kernel_shape", [elementCount(kernelShape), ...extents]);
  const pads = padsOf(attrs, spatial, { strides }, extents, crops);
  const ceil = num({ attrs }, "ceil_mode") === 1;
  const output = spatial.map((size, i) => {
    const span = size + pads[i]![0] + pads[i]![1] - extents[i]!;
    if (span < 0)
      fail(`the kernel spans ${extents[i]} but axis ${i} has ${size} elements with its pads`);
    const count = (ceil ? Math.ceil(span / strides[i]!) : Math.floor(span / strides[i]!)) + 1;
    const startsInside = (count - 1) * strides[i]! < size + pads[i]![0];
    return ceil && !startsInside ? count - 1 : count;
  });
  const [padsBegin, padsEnd] = [pads.map((p) => p[0]), pads.map((p) => p[1])];
  return { kernel: kernelShape, strides, dilations, padsBegin, padsEnd, output };
}

const whole = (attrs: Attrs, name: string, rank: number): readonly number[] => {
  const given = ints({ attrs }, name);
  if (given.some((x) => x < 0)) fail(`'${name}' must not be negative`);
  return given.length === 0 ? Array.from({ length: rank }, () => 0) : given.slice(-rank);
};

/**
 * The window of a transposed convolution, whose output i·stride + k·dilation − pad takes input i
 * times weight k. `output_shape` and `auto_pad` say the output's size and leave the pads to follow.
 */
export function transposedWindowOf(
  attrs: Attrs,
  spatial: readonly number[],
  kernel: readonly number[],
): Window {
  const rank = spatial.length;
  const strides = perAxis(attrs, "strides", rank, ones(rank));
  const dilations = perAxis(attrs, "dilations", rank, ones(rank));
  const padding = whole(attrs, "output_padding", rank);
  checkSpans("output_padding", padding);
  const full = spatial.map(
    (size, i) =>
      (size - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 + (padding[i] ?? 0),
  );
  const auto = str({ attrs }, "auto_pad", "NOTSET");
  const same = auto.startsWith("SAME") ? spatial.map((size, i) => size * strides[i]!) : [];
  const given = ints({ attrs }, "output_shape");
  if (given.length > 0 && given.length < rank)
    fail(`'output_shape' [${given}] has less than ${rank} sizes`);
  const sizes = given.length > 0 ? given.slice(-rank) : same;
  const pads = sizes.map((size, i): [number, number] => {
    const total = Math.max(0, full[i]! - size);
    const small = Math.floor(total / 2);
    return auto === "SAME_UPPER" ? [small, total - small] : [total - small, small];
  });
  const both = sizes.length > 0 ? pads : padsOf(attrs, spatial, { strides }, []);
  const [padsBegin, padsEnd] = [both.map((p) => p[0]), both.map((p) => p[1])];
  const output = full.map((size, i) => sizes[i] ?? size - padsBegin[i]! - padsEnd[i]!);
  if (output.length !== rank || output.some((size) => size < 1))
    fail(`its output would have the spatial sizes [${output}]`);
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}

/** The same window with missing leading axes of size 1, so that 1-D is 2-D. */
export function twoAxes(w: Window): Window {
  if (w.kernel.length >= 2) return w;
  return {
    kernel: [1, ...w.kernel],
    strides: [1, ...w.strides],
    dilations: [1, ...w.dilations],
    padsBegin: [0, ...w.padsBegin],
    padsEnd: [0, ...w.padsEnd],
    output: [1, ...w.output],
  };
}

/** First and past-the-last kernel index that meets the input, for an output position. */
export function kernelRange(
  position: number,
  pad: number,
  stride: number,
  dilation: number,
  kernel: number,
  size: number,
): [number, number] {
  const start = position * stride - pad;
  const begin = start < 0 ? Math.ceil(-start / dilation) : 0;
  const end = Math.min(kernel, Math.ceil((size - start) / dilation));
  return [begin, Math.max(begin, end)];
}
