/**
 * The .safetensors format (huggingface.co/docs/safetensors): the length of a JSON header in 8
 * bytes, the header, then the tensors' bytes without holes, little-endian and row-major.
 */
import { type Tensor, tensorBytes, tensorFromBytes } from "../ir/tensor.ts";
import { type ElementType, elementBytes, elementCount, type Shape } from "../ir/types.ts";
import { type Fields, parseHeader, quoted, refuse } from "./safetensors-header.ts";

export { SafetensorsError } from "./safetensors-header.ts";

/** A tensor in a file; its numbers are read when they are asked for. */
export interface Stored {
  readonly elem: ElementType;
  readonly shape: Shape;
  load(): Tensor;
}

export interface SafetensorsFile {
  /** By name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, Stored>;
  readonly metadata: ReadonlyMap<string, string>;
}

const headerBytesMax = 100_000_000;
const tensorBytesMax = 2 ** 31 - 1;

/** Those of less than 8 bits are mote's own, a byte an element. */
const dtypes: Record<ElementType, string> = {
  float32: "F32",
  float16: "F16",
  float64: "F64",
  int8: "I8",
  uint8: "U8",
  int16: "I16",
  uint16: "U16",
  int32: "I32",
  uint32: "U32",
  int64: "I64",
  uint64: "U64",
  int4: "I4",
  uint4: "U4",
  int2: "I2",
  uint2: "U2",
  bool: "BOOL",
};

interface StoredType {
  readonly elem: ElementType;
  readonly bytes: number;
  readonly read: (shape: Shape, bytes: Uint8Array) => Tensor;
}

/** BF16 is the upper half of float32. */
function readBfloat16(shape: Shape, bytes: Uint8Array): Tensor {
  const upper = tensorFromBytes("uint16", shape, bytes).data as Uint16Array;
  const bits = Uint32Array.from(upper, (b) => b << 16);
  return { elem: "float32", shape, data: new Float32Array(bits.buffer) };
}

const storedTypes = new Map<string, StoredType>([
  ["BF16", { elem: "float32", bytes: 2, read: readBfloat16 }],
]);
for (const [elem, dtype] of Object.entries(dtypes) as [ElementType, string][])
  storedTypes.set(dtype, {
    elem,
    bytes: elementBytes(elem),
    read: (shape, bytes) => tensorFromBytes(elem, shape, bytes),
  });

interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function entryOf(name: string, fields: Fields): Entry {
  const [dtype, shape, offsets] = ["dtype", "shape", "data_offsets"].map((f) => fields.get(f));
  if (typeof dtype !== "string" || typeof shape !== "object" || typeof offsets !== "object")
    return refuse(`does not say type, shape and place of ${quoted(name)}`);
  const type = storedTypes.get(dtype);
  if (!type)
    return refuse(`gives ${quoted(name)} the type ${quoted(dtype)}, which mote does not read`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || begin > end)
    return refuse(`gives ${quoted(name)} the place [${offsets}]`);
  const bytes = elementCount(shape) * type.bytes;
  if (!(bytes <= tensorBytesMax) || shape.some((d) => d > tensorBytesMax))
    return refuse(`gives ${quoted(name)} the shape [${shape}], which is too large`);
  if (end - begin !== bytes)
    return refuse(
      `has ${end - begin} bytes for ${quoted(name)}, but ${dtype}[${shape}] takes ${bytes}`,
    );
  return { name, type, shape, begin, end };
}

/** The tensors must cover all data, one after the other in some order. */
function checkCover(entries: readonly Entry[], dataBytes: number): void {
  let at = 0;
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== at)
      refuse(`has ${begin > at ? "a hole before" : "two tensors in one place:"} ${quoted(name)}`);
    at = end;
  }
  if (at !== dataBytes) refuse(`has ${dataBytes} bytes of data, but its tensors take ${at}`);
}

function headerText(bytes: Uint8Array): { text: string; start: number } {
  if (bytes.length < 8) return refuse("is not a .safetensors file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > headerBytesMax)
    return refuse(`claims a header of ${length} bytes; ${headerBytesMax} is the most`);
  const start = 8 + Number(length);
  if (start > bytes.length)
    return refuse(`is cut off: its header takes ${length} bytes of ${bytes.length - 8}`);
  try {
    return {
      text: new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)),
      start,
    };
  } catch {
    return refuse("has a header that is not UTF-8");
  }
}

/** @throws SafetensorsError */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { text, start } = headerText(bytes);
  const { tensors, metadata } = parseHeader(text);
  const entries = [...tensors].map(([name, fields]) => entryOf(name, fields));
  checkCover(entries, bytes.length - start);
  const stored = entries.map(({ name, type, shape, begin, end }): [string, Stored] => {
    const load = () => type.read(shape, bytes.subarray(start + begin, start + end));
    return [name, { elem: type.elem, shape, load }];
  });
  return { tensors: new Map(stored), metadata };
}

/**
 * Tensors of larger elements first, else in the order given, so that each lies at a multiple of its
 * element's size. The same tensors make the same bytes. @throws SafetensorsError
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = [...tensors].sort(([, a], [, b]) => elementBytes(b.elem) - elementBytes(a.elem));
  const objects = metadata.size > 0 ? [member("__metadata__", objectOf(metadata))] : [];
  const data: Uint8Array[] = [];
  let at = 0;
  for (const [name, tensor] of sorted) {
    if (name === "__metadata__" || name === "__proto__")
      refuse(`cannot hold a tensor named '${name}'`);
    const bytes = tensorBytes(tensor);
    const { elem, shape } = tensor;
    const info = { dtype: dtypes[elem], shape, data_offsets: [at, at + bytes.length] };
    objects.push(member(name, JSON.stringify(info)));
    data.push(bytes);
    at += bytes.length;
  }
  return joined(`{${objects.join()}}`, data);
}

/** JSON.stringify() would put names that are numbers first. */
const member = (name: string, json: string): string => `${JSON.stringify(name)}:${json}`;
const objectOf = (texts: ReadonlyMap<string, string>): string =>
  `{${[...texts].map(([key, value]) => member(key, JSON.stringify(value))).join()}}`;

function joined(header: string, data: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(header);
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return new Uint8Array(Buffer.concat([length, padded, ...data]));
}
