/** The results of a program's layers, as the harness's `mote_trace` wrote them. */

export interface TraceRecord {
  readonly step: number;
  readonly data: Uint8Array;
}

const headerBytes = 8;
const sampleStart = -1;

/** The records of each sample; little-endian, as all targets and hosts are. */
export function parseTrace(bytes: Uint8Array): TraceRecord[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples: TraceRecord[][] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const step = view.getInt32(at, true);
    const start = at + headerBytes;
    at = start + view.getUint32(at + 4, true);
    if (step === sampleStart) samples.push([]);
    else samples.at(-1)?.push({ step, data: bytes.slice(start, at) });
  }
  return samples;
}
