/** The results of a program's layers, as the harness's `mote_trace` wrote them. */

/** What a layer made, or some rows of it. */
export interface TraceRecord {
  readonly layer: number;
  readonly data: Uint8Array;
}

const headerBytes = 8;
const sampleStart = -1;

/** The records of each sample; little-endian, as all targets and hosts are. */
export function parseTrace(bytes: Uint8Array): TraceRecord[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples: TraceRecord[][] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const layer = view.getInt32(at, true);
    const start = at + headerBytes;
    at = start + view.getUint32(at + 4, true);
    if (layer === sampleStart) samples.push([]);
    else samples.at(-1)?.push({ layer, data: bytes.slice(start, at) });
  }
  return samples;
}
