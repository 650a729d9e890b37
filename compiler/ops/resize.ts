/** ONNX's Resize and the older Upsample: what each output takes, worked out axis by axis. */
import { type Attrs, constant, num, str } from "../ir/graph.ts";
import { float32s, int64s, numbers, type Tensor, tensorOf } from "../ir/tensor.ts";
import {
  elementCount,
  isFloat,
  rowMajorStrides,
  type Shape,
  type TensorType,
} from "../ir/types.ts";
import { constantInts, gather } from "./move.ts";
import {
  type AttrKind,
  declaredAttr,
  declaredShape,
  fail,
  floats,
  type InferContext,
  normalAxis,
  type Operator,
  type RawNode,
} from "./operator.ts";
import { type AxisTable, isIdentity, makeTable, outside, resampleAxis, type Tap } from "./taps.ts";

/** How one axis is resized. */
interface AxisResize {
  readonly size: number;
  readonly output: number;
  readonly scale: number;
  /** The output as align_corners has it: by scales it need not be a whole number. */
  readonly length: number;
  /** Start and end of the region of interest, as parts of the axis. */
  readonly roi: readonly [number, number];
  /** Not among those that are resized. */
  readonly isKept?: boolean;
}

const f32 = Math.fround;

/** Where output `i` lies on the input's axis, in float32 as ONNX Runtime computes it. */
type Coordinate = (i: number, axis: AxisResize) => number;

const halfPixel: Coordinate = (i, { scale }) => f32(f32(f32(i + 0.5) / scale) - 0.5);

const coordinates: Readonly<Record<string, Coordinate>> = {
  half_pixel: halfPixel,
  half_pixel_symmetric: (i, axis) => {
    const adjustment = f32(axis.output / f32(axis.scale * axis.size));
    const offset = f32((axis.size / 2) * f32(1 - adjustment));
    return f32(offset + (i + 0.5) / axis.scale - 0.5);
  },
  pytorch_half_pixel: (i, axis) => (axis.output > 1 ? halfPixel(i, axis) : 0),
  align_corners: (i, { size, output, length }) =>
    output > 1 ? f32(f32(i * (size - 1)) / f32(length - 1)) : 0,
  asymmetric: (i, { scale }) => f32(i / scale),
  tf_half_pixel_for_nn: (i, { scale }) => f32(f32(i + 0.5) / scale),
  tf_crop_and_resize: (i, { size, output, roi: [start, end] }) =>
    output > 1
      ? f32(f32(start * (size - 1)) + f32(f32(i * f32(end - start) * (size - 1)) / (output - 1)))
      : f32(0.5 * f32(start + end) * (size - 1)),
};

const nearestModes: Readonly<Record<string, (x: number, scale: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
  /** Opset 10, which leaves the mode open: as ONNX Runtime does it. */
  simple: (x, scale) => (scale < 1 ? Math.ceil(x) : Math.floor(x)),
};

/** An interpolating function of the distance, 0 from `radius` on. */
interface Filter {
  readonly radius: number;
  weight(distance: number): number;
}

const linear: Filter = { radius: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };

const cubic = (a: number): Filter => ({
  radius: 2,
  weight: (distance) => {
    const d = Math.abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  },
});

const clampIndex = (i: number, size: number): number => Math.min(size - 1, Math.max(0, i));

/** Weights of the inputs round `x`; those beyond an edge count for it, or not at all. */
function tapsAround(
  x: number,
  { radius, weight }: Filter,
  { size, scale }: AxisResize,
  attrs: Attrs,
): Tap[] {
  const stretch = num({ attrs }, "antialias") === 1 ? Math.min(1, scale) : 1;
  const [low, high] = [Math.ceil(x - radius / stretch), Math.floor(x + radius / stretch)];
  const all = Array.from({ length: high - low + 1 }, (_, k) => ({
    index: low + k,
    weight: weight((low + k - x) * stretch),
  }));
  const inside = all.filter(({ index }) => index >= 0 && index < size);
  const excludes = num({ attrs }, "exclude_outside") === 1 && inside.some((t) => t.weight !== 0);
  const used = excludes ? inside : all.map((t) => ({ ...t, index: clampIndex(t.index, size) }));
  const sum = used.reduce((total, t) => total + t.weight, 0);
  return used.map((t) => ({ ...t, weight: t.weight / sum }));
}

const modeOf = (attrs: Attrs): string => str({ attrs }, "mode", "nearest");

/** The table of one axis. */
function tableOf(axis: AxisResize, attrs: Attrs): AxisTable {
  const mode = modeOf(attrs);
  const coordinate = coordinates[str({ attrs }, "coordinate_transformation_mode", "half_pixel")]!;
  const nearest = nearestModes[str({ attrs }, "nearest_mode", "round_prefer_floor")]!;
  const filter = mode === "cubic" ? cubic(num({ attrs }, "cubic_coeff_a", -0.75)) : linear;
  const taps = Array.from({ length: axis.output }, (_, i): readonly Tap[] => {
    if (axis.isKept) return [{ index: i, weight: 1 }];
    const x = coordinate(i, axis);
    if (crops(attrs) && (x < 0 || x > axis.size - 1)) return outside;
    if (mode === "nearest")
      return [{ index: clampIndex(nearest(x, axis.scale), axis.size), weight: 1 }];
    return tapsAround(x, filter, axis, attrs);
  });
  return makeTable(taps, axis.size);
}

// ---- operands ----

/** A list that must be known; an empty one is as good as none. */
function knownList(context: InferContext, at: number, what: string): number[] | undefined {
  const type = context.inputs[at];
  if (type === undefined || elementCount(type.shape) === 0) return undefined;
  return constantInts(context, at, what);
}

/** Sizes as asked for, or with one scale for all axes. */
function fromSizes(shape: readonly number[], sizes: readonly number[], attrs: Attrs) {
  const policy = str({ attrs }, "keep_aspect_ratio_policy", "stretch");
  const ratios = sizes.map((size, i) => f32(size / shape[i]!));
  if (policy === "stretch")
    return sizes.map((output, i) => ({ output, length: output, scale: ratios[i]! }));
  const scale = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  const outputs = shape.map((size) => Math.floor(f32(scale * size) + 0.5));
  return outputs.map((output) => ({ output, length: output, scale }));
}

const isScale = (s: number): boolean => s > 0 && s < 3e38;

/** Of run time's scales those that are none are 1. */
function fromScales(shape: readonly number[], given: readonly number[], isOpen: boolean) {
  const scales = isOpen ? given.map((s) => (isScale(s) ? s : 1)) : given;
  if (!scales.every(isScale)) fail(`'scales' [${scales}] must be positive`);
  return shape.map((size, i) => ({
    output: Math.floor(f32(size * scales[i]!)),
    length: f32(size * scales[i]!),
    scale: scales[i]!,
  }));
}

/** One number for each axis that is resized, of a region of interest two. */
function checkLengths({ inputs: [x, roi, scales, sizes], attrs }: InferContext): void {
  const axes = (attrs.axes as number[] | undefined)?.length ?? x!.shape.length;
  const length = (type: TensorType | undefined) => (type ? elementCount(type.shape) : 0);
  if (crops(attrs) && length(roi) !== 2 * axes)
    fail(`'roi' must have ${2 * axes} numbers for tf_crop_and_resize`);
  const [name, list] = length(scales) > 0 ? ["scales", scales] : ["sizes", sizes];
  if (length(list) === 0) fail("needs 'scales' or 'sizes'");
  if (length(list) !== axes) fail(`'${name}' has ${length(list)} numbers for ${axes} axes`);
}

/** Every axis of the input. */
function axesOf(context: InferContext): AxisResize[] {
  const { attrs } = context;
  const { shape } = context.inputs[0]!;
  const all = shape.map((_, i) => i);
  const axes = ((attrs.axes as number[] | undefined) ?? all).map((a) =>
    normalAxis(a, shape.length),
  );
  const own = axes.map((a) => shape[a]!);
  const roi = crops(attrs) ? knownList(context, 1, "roi") : undefined;
  const scales = knownList(context, 2, "scales");
  const sizes = knownList(context, 3, "sizes");
  const isOpen = declaredShape({ attrs }) !== undefined;
  const resized = scales ? fromScales(own, scales, isOpen) : fromSizes(own, sizes!, attrs);
  return shape.map((size, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { size, output: size, length: size, scale: 1, roi: [0, 1], isKept: true };
    return { size, ...resized[i]!, roi: [roi?.[i] ?? 0, roi?.[i + axes.length] ?? 1] };
  });
}

/** The tables of all axes, of outputs of a shape that may be declared. */
export const resizeTables = (context: InferContext, shape?: Shape): AxisTable[] =>
  axesOf(context).map((axis, i) =>
    tableOf({ ...axis, output: shape?.[i] ?? axis.output }, context.attrs),
  );

const cropMode = "tf_crop_and_resize";

const crops = (attrs: Attrs): boolean =>
  str({ attrs }, "coordinate_transformation_mode", "half_pixel") === cropMode;

/** The operands that decide what is taken. */
export const decidingInputs = (attrs: Attrs): readonly number[] =>
  crops(attrs) ? [1, 2, 3] : [2, 3];

/** The declared shape, where what decides it is not known. */
function openShape({ inputs, attrs, constant }: InferContext): Shape | undefined {
  const isOpen = decidingInputs(attrs).some((i) => inputs[i] && !constant(i));
  const declared = isOpen ? declaredShape({ attrs }) : undefined;
  if (declared && declared.length !== inputs[0]!.shape.length)
    fail(`the declared shape [${declared}] is not of rank ${inputs[0]!.shape.length}`);
  return declared;
}

/** Sizes that are stretched to are the declared ones; else the shape alone is declared. */
const declares: Operator["declares"] = {
  inputs: [1, 2, 3],
  take: (node, [shape]) => {
    const [x, roi, scales, sizes] = node.inputs;
    const { attrs } = node;
    const stretches = str({ attrs }, "keep_aspect_ratio_policy", "stretch") === "stretch";
    const axes = (attrs.axes as number[] | undefined) ?? shape!.map((_, i) => i);
    const known = sizes && stretches && constant(int64s(axes.map((a) => shape!.at(a)!)));
    const inputs = [x, crops(attrs) ? roi : undefined, scales, known || sizes];
    return { ...node, inputs, attrs: { ...attrs, declared: shape! } };
  },
};

const infer: Operator["infer"] = (context) => {
  const { elem } = context.inputs[0]!;
  const mode = modeOf(context.attrs);
  if (mode !== "nearest" && !isFloat(elem)) fail(`mode '${mode}' is for floats, not for ${elem}`);
  checkLengths(context);
  const open = openShape(context);
  if (open) return [{ elem, shape: open }];
  const shape = axesOf(context).map((a) => a.output);
  if (shape.some((d) => d < 1)) fail(`its output would have the shape [${shape}]`);
  return [{ elem, shape }];
};

/** Nearest elements of any type. */
function pick(x: Tensor, tables: readonly AxisTable[]): Tensor {
  const shape = tables.map((t) => t.begin.length);
  const [own, steps] = [rowMajorStrides(x.shape), rowMajorStrides(shape)];
  const from = Array.from({ length: elementCount(shape) }, (_, i) =>
    tables.reduce((at, t, a) => at + t.begin[Math.floor(i / steps[a]!) % shape[a]!]! * own[a]!, 0),
  );
  return gather(x, shape, from);
}

/** Weighted elements; `value` where an axis is outside. */
function interpolate(x: Tensor, tables: readonly AxisTable[], value: number): Tensor {
  let [data, shape] = [Float64Array.from(numbers(x)), [...x.shape]];
  for (const [axis, table] of tables.entries()) {
    if (isIdentity(table, shape[axis]!)) continue;
    data = resampleAxis(data, shape, axis, table);
    shape = shape.with(axis, table.begin.length);
  }
  const steps = rowMajorStrides(shape);
  for (let i = 0; i < data.length; i++)
    if (tables.some((t, a) => t.begin[Math.floor(i / steps[a]!) % shape[a]!]! < 0)) data[i] = value;
  return tensorOf(x.elem, shape, data);
}

const evaluate: Operator["evaluate"] = ({ inputs, inputTypes, attrs, types }) => {
  const constantAt = (i: number) => inputs[i];
  const context = { inputs: inputTypes, attrs, outputCount: 1, constant: constantAt };
  const tables = resizeTables(context, types[0]!.shape);
  const [x] = inputs;
  const moves = modeOf(attrs) === "nearest" && tables.every((t) => !t.begin.includes(-1));
  return [
    moves ? pick(x!, tables) : interpolate(x!, tables, num({ attrs }, "extrapolation_value")),
  ];
};

const attrs: Readonly<Record<string, AttrKind>> = {
  antialias: "flag",
  axes: "ints",
  coordinate_transformation_mode: Object.keys(coordinates),
  cubic_coeff_a: "float",
  exclude_outside: "flag",
  extrapolation_value: "float",
  keep_aspect_ratio_policy: ["stretch", "not_larger", "not_smaller"],
  mode: ["nearest", "linear", "cubic"],
  nearest_mode: Object.keys(nearestModes),
  ...declaredAttr,
};

/** Upsample and Resize-10: scales only, from the corner. */
function upgraded(node: RawNode): RawNode {
  const { scales: given, ...own } = node.attrs;
  const list = given as readonly number[] | undefined;
  const scales = list ? constant(float32s([list.length], list), "scales") : node.inputs[1];
  return {
    op: "Resize",
    inputs: [node.inputs[0], undefined, scales],
    attrs: { ...own, coordinate_transformation_mode: "asymmetric", nearest_mode: "simple" },
  };
}

const resize: Operator = {
  name: "Resize",
  level: "any",
  inputs: ["X: T", "roi?: R", "scales?: S", "sizes?: I"],
  outputs: 1,
  attrs,
  types: { R: floats, S: ["float32"], I: ["int64"] },
  upgrade: (node, opset) => (opset < 11 ? upgraded(node) : node),
  declares,
  infer,
  evaluate,
};

const upsample: Operator = {
  ...resize,
  name: "Upsample",
  level: "imported",
  attrs: { ...attrs, scales: "floats" },
  upgrade: upgraded,
};

export const resizeOperators: readonly Operator[] = [resize, upsample];
