/** TensorProto → Tensor: raw bytes, typed fields, or a side file. */
import { closeSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { halfToNumber } from "../../ir/half.ts";
import { newArray, type Tensor, tensorFromBytes } from "../../ir/tensor.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  integerRange,
  type TensorType,
  typeBytes,
} from "../../ir/types.ts";
import { elementTypeOf } from "../../ops/typing.ts";
import { fileBytes } from "../size.ts";
import { type TensorProto, toBigInt, toNumber } from "./proto.ts";

/** What is wrong with a tensor, to follow "The tensor 'name' ". */
export class TensorError extends Error {}

function refuse(text: string): never {
  throw new TensorError(text);
}

/** Names of ONNX's types that mote does not have, for messages. */
const otherTypes: Record<number, string> = {
  8: "string",
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  23: "float4e2m1",
  24: "float8e8m0",
};

export const typeName = (code: number): string =>
  elementTypeOf(code) ?? otherTypes[code] ?? `number ${code}`;

/** Bits of an element in a file. */
const fileBits = (elem: ElementType): number =>
  Number(/int([24])$/.exec(elem)?.[1] ?? 8 * elementBytes(elem));

/** Elements of less than 8 bits, of which a byte holds several, the first in its lowest bits. */
function unpacked(elem: ElementType, shape: number[], bytes: Uint8Array): Tensor {
  const data = newArray(elem, elementCount(shape));
  const [low, high] = integerRange(elem);
  const bits = fileBits(elem);
  for (let i = 0; i < data.length; i++) {
    const field = (bytes[(i * bits) >> 3]! >> ((i * bits) & 7)) & (high - low);
    data[i] = field > high ? field - (high - low + 1) : field;
  }
  return { elem, shape, data };
}

const rawBytes = ({ elem, shape }: TensorType): number =>
  Math.ceil((elementCount(shape) * fileBits(elem)) / 8);

function fromRaw(elem: ElementType, shape: number[], raw: Uint8Array): Tensor {
  const bytes = rawBytes({ elem, shape });
  if (raw.length !== bytes)
    refuse(`has ${raw.length} bytes of data, but ${elem}[${shape}] takes ${bytes}`);
  return fileBits(elem) < 8 ? unpacked(elem, shape, raw) : tensorFromBytes(elem, shape, raw);
}

/** The field that holds a type's numbers when there are no raw bytes. */
function typedField(proto: TensorProto, elem: ElementType): readonly unknown[] {
  if (elem === "float32") return proto.floatData;
  if (elem === "float64") return proto.doubleData;
  if (elem === "int64") return proto.int64Data;
  return elem === "uint64" || elem === "uint32" ? proto.uint64Data : proto.int32Data;
}

function fromTyped(proto: TensorProto, elem: ElementType, shape: number[]): Tensor {
  const field = typedField(proto, elem);
  const count = Math.ceil((elementCount(shape) * Math.min(8, fileBits(elem))) / 8);
  if (field.length !== count)
    refuse(`has ${field.length} numbers, but its shape [${shape}] takes ${count}`);
  if (fileBits(elem) < 8) return unpacked(elem, shape, Uint8Array.from(field as number[]));
  const data = newArray(elem, count);
  for (let i = 0; i < count; i++) {
    const x = field[i] as number;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = toBigInt(x);
    else data[i] = elem === "float16" ? halfToNumber(x) : toNumber(x);
  }
  return { elem, shape, data };
}

/** Bytes of a side file; it must lie in or below the model's folder. */
function readExternal(proto: TensorProto, modelFile: string, expected: number): Uint8Array {
  const entries = new Map(proto.externalData.map((e) => [e.key, e.value]));
  const location = normalize(entries.get("location") ?? refuse("names no side file"));
  if (isAbsolute(location) || location.split(sep)[0] === "..")
    refuse(`lies in '${location}', outside the model's folder`);
  const file = join(dirname(modelFile), location);
  const size = fileBytes(file);
  if (size === undefined) return refuse(`lies in '${location}', which is no file`);
  const offset = byteCount(entries, "offset", 0);
  const length = byteCount(entries, "length", expected);
  if (offset + length > size)
    refuse(`takes bytes ${offset} to ${offset + length} of '${location}', which has ${size}`);
  if (length !== expected) refuse(`has ${length} bytes of data, but its shape takes ${expected}`);
  try {
    return readRange(file, offset, length);
  } catch {
    return refuse(`lies in '${location}', which cannot be read`);
  }
}

function byteCount(entries: ReadonlyMap<string, string>, key: string, absent: number): number {
  const text = entries.get(key) ?? String(absent);
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse(`has a side file with ${key} '${text}'`);
}

function readRange(file: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, "r");
  try {
    if (readSync(descriptor, bytes, 0, length, offset) < length) refuse("is cut off");
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

/** What the tensor says to be. @throws TensorError with what is wrong. */
export function typeFromProto(proto: TensorProto): TensorType & { readonly shape: number[] } {
  const elem = elementTypeOf(proto.dataType);
  if (elem === undefined)
    return refuse(`has the type ${typeName(proto.dataType)}, which mote does not support`);
  const shape = proto.dims.map(toNumber);
  if (shape.some((d) => !(d >= 0))) refuse(`has the shape [${shape}]`);
  const bytes = typeBytes({ elem, shape });
  if (!(bytes < 2 ** 31)) refuse(`would take ${bytes} bytes; the limit is 2147483647`);
  return { elem, shape };
}

function stored(proto: TensorProto, modelFile: string): Tensor {
  const type = typeFromProto(proto);
  const { elem, shape } = type;
  if (proto.dataLocation === 1)
    return fromRaw(elem, shape, readExternal(proto, modelFile, rawBytes(type)));
  if (proto.rawData.length > 0) return fromRaw(elem, shape, proto.rawData);
  return fromTyped(proto, elem, shape);
}

/** Of a bool any other byte than 0 is true. @throws TensorError with what is wrong. */
export function tensorFromProto(proto: TensorProto, modelFile: string): Tensor {
  const tensor = stored(proto, modelFile);
  if (tensor.elem !== "bool") return tensor;
  return { ...tensor, data: Uint8Array.from(tensor.data as Uint8Array, (v) => Number(v !== 0)) };
}
