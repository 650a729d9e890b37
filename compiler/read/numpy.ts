/** NumPy's .npy and .npz files → tensors. */
import { type UnzipFileInfo, unzipSync } from "fflate";
import { type Tensor, tensorFromBytes } from "../ir/tensor.ts";
import { type ElementType, elementBytes, elementCount } from "../ir/types.ts";

/** What is wrong with a file, to follow "The file ". */
export class NumpyError extends Error {}

const unpackedBytesMax = 2 ** 31 - 1;

const types: Record<string, ElementType> = {
  f4: "float32",
  f8: "float64",
  f2: "float16",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  b1: "bool",
};

interface Header {
  readonly elem: ElementType;
  readonly shape: number[];
  readonly columnMajor: boolean;
}

/**
 * Reads the header's Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (1,
 * 2)}`.
 */
function parseHeader(text: string): Header {
  const descr = /'descr':\s*'([<>|=]?)(\w\d+)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (!descr || !order || !shape) throw new NumpyError("has a header that is not NumPy's");
  const elem = types[descr[2]!];
  if (!elem) throw new NumpyError(`holds the type '${descr[2]}', which mote does not read`);
  if (descr[1] === ">") throw new NumpyError("is big-endian; save it little-endian");
  const sizes = shape[1]!
    .split(",")
    .filter((s) => s.trim() !== "")
    .map(Number);
  return { elem, shape: sizes, columnMajor: order[1] === "True" && sizes.length > 1 };
}

/** Column-major data (Fortran's order) in row-major order. */
function rowMajor(t: Tensor): Tensor {
  const data = t.data.slice();
  const steps = t.shape.map((_, i) => elementCount(t.shape.slice(0, i)));
  const position = t.shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = t.data[position.reduce((at, p, axis) => at + p * steps[axis]!, 0)]!;
    for (let axis = t.shape.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < t.shape[axis]!) break;
      position[axis] = 0;
    }
  }
  return { ...t, data };
}

/** @throws NumpyError */
export function parseNpy(bytes: Uint8Array): Tensor {
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  if (bytes[0] !== 0x93 || magic !== "NUMPY" || bytes.length < 10)
    throw new NumpyError("is not a .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! >= 2;
  const start = long ? 12 : 10;
  const length =
    bytes.length >= start ? (long ? view.getUint32(8, true) : view.getUint16(8, true)) : 0;
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(start, start + length)));
  const data = bytes.subarray(start + length);
  const needed = elementCount(header.shape) * elementBytes(header.elem);
  if (!(data.length >= needed))
    throw new NumpyError(`is cut off: ${data.length} of ${needed} bytes`);
  const tensor = tensorFromBytes(header.elem, header.shape, data.subarray(0, needed));
  return header.columnMajor ? rowMajor(tensor) : tensor;
}

/** Refuses by the zip file's directory, before anything is unpacked. */
function entryCheck(): (entry: UnzipFileInfo) => boolean {
  const names = new Set<string>();
  let total = 0;
  return ({ name, size, originalSize }) => {
    total += Math.max(size, originalSize);
    if (!(total <= unpackedBytesMax))
      throw new NumpyError(`unpacks to more than ${unpackedBytesMax} bytes`);
    if (names.has(name)) throw new NumpyError(`has two arrays named '${name}'`);
    if (name === "__proto__") throw new NumpyError("has an array named '__proto__'");
    names.add(name);
    return true;
  };
}

/** The arrays of a .npz file by name. @throws NumpyError */
export function parseNpz(bytes: Uint8Array): Map<string, Tensor> {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, { filter: entryCheck() });
  } catch (problem) {
    throw problem instanceof NumpyError ? problem : new NumpyError("is not a .npz file");
  }
  return new Map(
    Object.entries(entries).map(([name, data]) => [name.replace(/\.npy$/, ""), parseNpy(data)]),
  );
}
