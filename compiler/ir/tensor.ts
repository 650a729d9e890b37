import { halfBits, halfToNumber, toHalf } from "./half.ts";
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
  int4: Int8Array,
  uint4: Uint8Array,
  int2: Int8Array,
  uint2: Uint8Array,
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
  if (elem === "float16") return { elem, shape, data: (data as Float32Array).map(toHalf) };
  return { elem, shape, data };
}

export const scalar = (elem: ElementType, value: number): Tensor => tensorOf(elem, [], [value]);
export const int64s = (values: readonly number[]): Tensor =>
  tensorOf("int64", [values.length], values);
export const float32s = (shape: Shape, values: ArrayLike<number>): Tensor =>
  tensorOf("float32", shape, values);

export const withShape = (t: Tensor, shape: Shape): Tensor => ({ ...t, shape });

/**
 * The tensor's bytes as files and machines store them, little-endian: float16 takes 2, as it does
 * not in memory here. NaN of float16 becomes the quiet one; all other numbers keep their bits.
 */
export function tensorBytes(t: Tensor): Uint8Array {
  const data = t.elem === "float16" ? Uint16Array.from(t.data as Float32Array, halfBits) : t.data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor over a copy of bytes (little-endian). */
export function tensorFromBytes(elem: ElementType, shape: Shape, bytes: Uint8Array): Tensor {
  if (elem === "float16") {
    const bits = tensorFromBytes("uint16", shape, bytes).data as Uint16Array;
    return { elem, shape, data: Float32Array.from(bits, halfToNumber) };
  }
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
