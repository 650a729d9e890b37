/**
 * Element types by ONNX's names. Here, values of float16 are kept as float32; integers of less than
 * 8 bits take a byte each, in C as well.
 */
export const elementTypes = [
  "float32",
  "float16",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "int4",
  "uint4",
  "int2",
  "uint2",
  "bool",
] as const;

export type ElementType = (typeof elementTypes)[number];

/**
 * Affine quantisation: real = scale · (stored − zeroPoint). One scale and zero point for the whole
 * tensor, or one for each index along `axis`. Scales are float32 values.
 */
export interface Quantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis?: number | undefined;
}

export type Shape = readonly number[];

export interface TensorType {
  readonly elem: ElementType;
  readonly shape: Shape;
  readonly quant?: Quantization | undefined;
}

const bytesByType: Record<ElementType, number> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  int4: 1,
  uint4: 1,
  int2: 1,
  uint2: 1,
  bool: 1,
};

export const elementBytes = (elem: ElementType): number => bytesByType[elem];
export const elementCount = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);
export const typeBytes = (type: TensorType): number =>
  elementCount(type.shape) * elementBytes(type.elem);

export const isFloat = (elem: ElementType): boolean => elem.startsWith("float");

/** [lowest, highest] value that an integer type can store. */
export function integerRange(elem: ElementType): readonly [number, number] {
  if (elem === "bool") return [0, 1];
  const bits = Number(/\d+/.exec(elem)![0]);
  return elem.startsWith("u") ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

export const sameShape: (a: Shape, b: Shape) => boolean = sameNumbers;

export function sameQuantization(a?: Quantization, b?: Quantization): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sameAxis = a.scale.length === 1 || a.axis === b.axis;
  return sameAxis && sameNumbers(a.scale, b.scale) && sameNumbers(a.zeroPoint, b.zeroPoint);
}

export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.elem === b.elem && sameShape(a.shape, b.shape) && sameQuantization(a.quant, b.quant);

/** One scale and zero point for a whole tensor. */
export const perTensor = (scale: number, zeroPoint: number): Quantization => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
});

export const isQuantized = (type: TensorType): boolean => type.quant !== undefined;

/** As people read it: `float32[1, 3, 32, 32]`. */
export const typeText = (type: TensorType): string => `${type.elem}[${type.shape.join(", ")}]`;

/** Steps in elements from one index to the next along each axis, row-major. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}
