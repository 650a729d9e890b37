/** Average and max pools on stored int8 and on floats. */
import { type Node, str } from "../ir/graph.ts";
import { elementCount, rowMajorStrides, type TensorType } from "../ir/types.ts";
import { integerClamp } from "../ops/clamp.ts";
import { type Profile, quantizeMultiplier, singleRounding } from "../ops/numerics.ts";
import { averageFactor, poolingOf } from "../ops/pool.ts";
import { kernelRange } from "../ops/window.ts";
import { clampFields, stepFields } from "./conv.ts";
import {
  type Binding,
  type ConstantArray,
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  outputType,
  tableArray,
} from "./kernel.ts";
import { channelsFitInPlace, windowRows } from "./order.ts";

const layoutOf = (node: Node): string => str(node, "x_layout", "NHWC");
const geometry = (node: Node) => poolingOf(inputType(node).shape, node.attrs, layoutOf(node));

/** Steps [batch, channel, row, column] of a dense image. */
function imageSteps({ shape }: TensorType, layout: string): number[] {
  const own = rowMajorStrides(shape);
  return (layout === "NCHW" ? [0, 1, 2, 3] : [0, 3, 1, 2]).map((axis) => own[axis]!);
}

/** The C struct `mote_window` of a pool. */
function windowFields(node: Node): Fields {
  const { batch, channels, size, window } = geometry(node);
  return {
    batch,
    in_h: size[0],
    in_w: size[1],
    in_c: channels,
    out_h: window.output[0]!,
    out_w: window.output[1]!,
    out_c: channels,
    kernel_h: window.kernel[0]!,
    kernel_w: window.kernel[1]!,
    stride_h: window.strides[0]!,
    stride_w: window.strides[1]!,
    dilation_h: window.dilations[0]!,
    dilation_w: window.dilations[1]!,
    pad_h: window.padsBegin[0]!,
    pad_w: window.padsBegin[1]!,
    ...stepFields("x", imageSteps(inputType(node), layoutOf(node))),
    ...stepFields("y", imageSteps(outputType(node), layoutOf(node))),
  };
}

const poolFields = (node: Node): Fields => {
  const { window, includePad } = geometry(node);
  return {
    window: windowFields(node),
    pad_h_end: window.padsEnd[0]!,
    pad_w_end: window.padsEnd[1]!,
    include_pad: includePad ? 1 : 0,
  };
};

/** How many positions count along one axis, by output index. */
function extents(node: Node, axis: 0 | 1): number[] {
  const { size, window: w, includePad } = geometry(node);
  const [pad, stride, dilation] = [w.padsBegin[axis]!, w.strides[axis]!, w.dilations[axis]!];
  return Array.from({ length: w.output[axis]! }, (_, at) => {
    const [begin, end] = kernelRange(at, pad, stride, dilation, w.kernel[axis]!, size[axis]!);
    const limit = size[axis]! + w.padsEnd[axis]! - (at * stride - pad);
    return includePad ? Math.min(w.kernel[axis]!, Math.ceil(limit / dilation)) : end - begin;
  });
}

/** The different numbers of elements that windows count. */
function windowCounts(node: Node): number[] {
  const columns = new Set(extents(node, 1));
  const counts = [...new Set(extents(node, 0))].flatMap((r) => [...columns].map((c) => r * c));
  return [...new Set(counts)];
}

const sameScale = (x: TensorType, y: TensorType): boolean =>
  x.quant!.scale[0] === y.quant!.scale[0] && x.quant!.zeroPoint[0] === y.quant!.zeroPoint[0];

/** One multiplier and its shift or exponent. */
function rescaleOf(factor: number, profile: Profile) {
  if (profile === "tflite") return quantizeMultiplier(factor);
  const { multipliers, leftShift } = singleRounding([factor]);
  return { multiplier: multipliers[0]!, exponent: leftShift };
}

/** Tables by count of elements, less 1; one entry where all windows count the same. */
function averageTables(node: Node, profile: Profile): ConstantArray[] {
  const [x, y] = [inputType(node), outputType(node)];
  const counts = windowCounts(node);
  const used = counts.length === 1 ? counts : positions(Math.max(...counts));
  const entries = used.map((n) => rescaleOf(averageFactor(x, y, n), profile));
  return [
    tableArray(
      "multipliers",
      "int32",
      Int32Array.from(entries, (e) => e.multiplier),
    ),
    tableArray(
      "exponents",
      "int8",
      Int8Array.from(entries, (e) => e.exponent),
    ),
  ];
}

const positions = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

function averageBinding(node: Node, profile: Profile): Binding {
  const [x, y] = [inputType(node), outputType(node)];
  const rescaled = !sameScale(x, y);
  const tables = rescaled ? averageTables(node, profile) : [];
  const single = tables[0]?.data.length === 1;
  const tflite = profile === "tflite" ? 1 : 0;
  const requantization: Fields = {
    tflite,
    left_shift: single && !tflite ? Number(tables[1]!.data[0]) : 0,
    per_channel: rescaled && !single ? 1 : 0,
    zero_point: y.quant!.zeroPoint[0]!,
    ...integerClamp(node.attrs, y),
  };
  const exponents = single && !tflite ? undefined : tables[1];
  return {
    inputs: [0],
    constants: [tables[0], exponents],
    takesRows: "scattered",
    struct: "mote_pool_2d_s8_shape",
    shape: {
      ...poolFields(node),
      rescaled: rescaled ? 1 : 0,
      x_zero_point: x.quant!.zeroPoint[0]!,
      requantization,
    },
  };
}

function maximumBinding(node: Node): Binding {
  const y = outputType(node);
  const none = { tflite: 0, left_shift: 0, per_channel: 0, zero_point: 0 };
  return {
    inputs: [0],
    constants: [],
    takesRows: "scattered",
    struct: "mote_pool_2d_s8_shape",
    shape: {
      ...poolFields(node),
      rescaled: 0,
      x_zero_point: y.quant!.zeroPoint[0]!,
      requantization: { ...none, ...integerClamp(node.attrs, y) },
    },
  };
}

const cost = (node: Node): number => {
  const taps = elementCount(geometry(node).window.kernel);
  return count(node) * (taps * 5 + 20);
};

/** Pixel by pixel, and these by one or a few channels after the others. */
const order: Pick<Kernel, "inPlace" | "rowsAtOnce"> = {
  inPlace: (node) => (channelsFitInPlace(node, windowFields(node)) ? [0] : []),
  rowsAtOnce: (node) => windowRows(windowFields(node), 1),
};

const isStored = (node: Node): boolean =>
  hasTypes(node, ["int8"], "int8") &&
  [inputType(node), outputType(node)].every((t) => t.quant?.scale.length === 1);

const averageS8: Kernel = {
  name: "average_pool_2d_s8",
  header: "pool_2d_s8.h",
  ops: ["AveragePool2D"],
  serves: (node) => isStored(node) && windowCounts(node).every((n) => n > 0),
  cost,
  ...order,
  bind: averageBinding,
};

const maximumS8: Kernel = {
  name: "max_pool_2d_s8",
  header: "pool_2d_s8.h",
  ops: ["MaxPool2D"],
  serves: isStored,
  cost,
  ...order,
  bind: maximumBinding,
};

/** Channels innermost in input and output, a multiple of four; 16 bits hold a window's sum. */
function isInFours(node: Node): boolean {
  const { channels, window } = geometry(node);
  const isInnermost = [inputType(node), outputType(node)].every(
    (type) => imageSteps(type, layoutOf(node))[1] === 1,
  );
  return isInnermost && channels % 4 === 0 && elementCount(window.kernel) <= 256;
}

/** Blocks of channels, 4 by SIMD instructions or 16 on Helium. */
const inFours = (kernel: Kernel): Kernel => ({
  ...kernel,
  name: `${kernel.name}_c4`,
  header: "pool_2d_s8_c4.h",
  isa: ["dsp"],
  serves: (node) => kernel.serves(node) && isInFours(node),
  cost: (node) => {
    const { channels, window } = geometry(node);
    const pixel = elementCount(window.kernel) * 1.5 + 14;
    return (count(node) / channels) * (channels * pixel + 60);
  },
});

const floatPool = (name: string, op: string): Kernel => ({
  name,
  header: "pool_2d_f32.h",
  ops: [op],
  serves: (node) => hasTypes(node, ["float32"], "float32"),
  cost,
  ...order,
  bind: (node) => ({
    inputs: [0],
    constants: [],
    takesRows: "scattered",
    struct: "mote_pool_2d_f32_shape",
    shape: { ...poolFields(node), ...clampFields(node) },
  }),
});

/** One row of windows that have all rows of the input, of one image, channels innermost. */
function hasOneRow(node: Node): boolean {
  const { batch, size, window } = geometry(node);
  const { kernel, padsBegin, padsEnd, dilations, output } = window;
  const isWhole = output[0] === 1 && kernel[0] === size[0] && dilations[0] === 1;
  const isInside = padsBegin[0] === 0 && padsEnd[0] === 0;
  const isInnermost = [inputType(node), outputType(node)].every(
    (type) => imageSteps(type, layoutOf(node))[1] === 1,
  );
  return batch === 1 && isWhole && isInside && isInnermost && kernel[1]! <= 256;
}

/** The pool's own loops, row by row. */
const accumulating = (kernel: Kernel): Kernel => ({
  name: kernel.name.replace("_2d_", "_rows_"),
  header: kernel.header.replace("_2d_", "_rows_"),
  ops: kernel.ops,
  accumulates: true,
  serves: (node) => kernel.serves(node) && hasOneRow(node),
  ...(kernel === averageS8 && {
    scratchBytes: (node: Node) => 4 * count(node),
  }),
  cost: (node) => kernel.cost(node) + count(node) * geometry(node).size[0] * 12,
  bind: kernel.bind,
});

const floatPools: readonly Kernel[] = [
  floatPool("average_pool_2d_f32", "AveragePool2D"),
  floatPool("max_pool_2d_f32", "MaxPool2D"),
];

export const poolKernels: readonly Kernel[] = [
  averageS8,
  maximumS8,
  inFours(averageS8),
  inFours(maximumS8),
  ...floatPools,
  ...[averageS8, maximumS8, ...floatPools].map(accumulating),
];
