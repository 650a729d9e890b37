/** Tensors as files store them, little-endian: float16 takes 2 bytes, as it does not in memory. */
import { halfBits, halfToNumber } from "../ir/half.ts";
import { type Tensor, tensorBytes, tensorFromBytes } from "../ir/tensor.ts";
import type { ElementType, Shape } from "../ir/types.ts";

/** A tensor over a copy of `bytes`, which are as many as elements of the type and shape take. */
export function fromFileBytes(elem: ElementType, shape: Shape, bytes: Uint8Array): Tensor {
  if (elem !== "float16") return tensorFromBytes(elem, shape, bytes);
  const bits = tensorFromBytes("uint16", shape, bytes).data as Uint16Array;
  return { elem, shape, data: Float32Array.from(bits, halfToNumber) };
}

/** NaN of float16 becomes the quiet one; all other numbers keep their bits. */
export function toFileBytes(t: Tensor): Uint8Array {
  if (t.elem !== "float16") return tensorBytes(t);
  const bits = Uint16Array.from(t.data as Float32Array, halfBits);
  return new Uint8Array(bits.buffer);
}
