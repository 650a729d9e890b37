import { type ElementType, elementCount, type Shape, typeBytes } from "./types.ts";

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Numbers in row-major order, with their type. Never written to after it is made. */
export interface Tensor {
  readonly elem: ElementType;
  readonly shape: Shape;
  readonly data: TensorData;
}

const arrayByType = {
  float32: Float32Array,
  float16: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** An array of zeros that holds `count` elements of the type. */
export const newArray = (elem: ElementType, count: number): TensorData =>
  new arrayByType[elem](count);

export const isBig = (data: TensorData): data is BigInt64Array | BigUint64Array =>
  data instanceof BigInt64Array || data instanceof BigUint64Array;

/** Numbers (64-bit integers are rounded to the nearest double beyond 2^53). */
export const numbers = (t: Tensor): ArrayLike<number> =>
  isBig(t.data) ? Float64Array.from(t.data, Number) : t.data;

/** A tensor from numbers; they are stored as typed arrays store them, 64-bit integers exactly. */
export function tensorOf(elem: ElementType, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = newArray(elem, values.length);
  if (isBig(data)) {
    for (let i = 0; i < values.length; i++) data[i] = BigInt(Math.trunc(values[i]!));
  } else data.set(values as ArrayLike<number>);
  return { elem, shape, data };
}

export const scalar = (elem: ElementType, value: number): Tensor => tensorOf(elem, [], [value]);
export const int64s = (values: readonly number[]): Tensor =>
  tensorOf("int64", [values.length], values);
export const float32s = (shape: Shape, values: ArrayLike<number>): Tensor =>
  tensorOf("float32", shape, values);

export const withShape = (t: Tensor, shape: Shape): Tensor => ({ ...t, shape });

/** The tensor's bytes, little-endian as every supported machine stores them. */
export const tensorBytes = (t: Tensor): Uint8Array =>
  new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength);

/** A tensor over a copy of bytes (little-endian). */
export function tensorFromBytes(elem: ElementType, shape: Shape, bytes: Uint8Array): Tensor {
  const copy = new Uint8Array(bytes); // not slice(): a Buffer's shares its memory
  return { elem, shape, data: new arrayByType[elem](copy.buffer, 0, elementCount(shape)) };
}

/** Tensors whose bytes follow each other. */
export function tensorsFromBytes(
  types: readonly Pick<Tensor, "elem" | "shape">[],
  bytes: Uint8Array,
): Tensor[] {
  let at = 0;
  return types.map(({ elem, shape }) => {
    const begin = at;
    at += typeBytes({ elem, shape });
    return tensorFromBytes(elem, shape, bytes.subarray(begin, at));
  });
}

/** A tensor whose numbers are worked out when they are needed. */
export function lazyTensor(
  { elem, shape }: Pick<Tensor, "elem" | "shape">,
  load: () => Tensor,
): Tensor {
  let data: TensorData | undefined;
  return {
    elem,
    shape,
    get data() {
      data ??= load().data;
      return data;
    },
  };
}
