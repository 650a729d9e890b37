/** A .npy file, written by NumPy's specification rather than by mote's reader. */
export function npyBytes(data: Float32Array | Int32Array, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '<${data instanceof Int32Array ? "i4" : "f4"}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const header = `${dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([start, Buffer.from(header), body]);
}
