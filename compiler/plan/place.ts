/** Placement of buffers in one arena. Knows nothing of graphs. */

/** `bytes` that are in use from `begin` to `end`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly begin: number;
  readonly end: number;
}

const overlaps = (a: Lifetime, b: Lifetime): boolean => a.begin <= b.end && b.begin <= a.end;
const alignUp = (x: number, align: number): number => Math.ceil(x / align) * align;

/**
 * The lowest multiple of `align` at which the buffer meets none that is placed and alive with it.
 */
function lowestOffset(
  buffer: Lifetime,
  placed: readonly { readonly lifetime: Lifetime; readonly offset: number }[],
  align: number,
): number {
  const others = placed
    .filter((p) => overlaps(p.lifetime, buffer))
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of others) {
    if (offset + buffer.bytes <= other.offset) break;
    offset = Math.max(offset, alignUp(other.offset + other.lifetime.bytes, align));
  }
  return offset;
}

/** First fit, largest first (ties: earliest first): an offset for each buffer. */
export function placeBySize(lifetimes: readonly Lifetime[], align: number): number[] {
  const order = lifetimes
    .map((_, i) => i)
    .sort((i, j) => {
      const [a, b] = [lifetimes[i]!, lifetimes[j]!];
      return b.bytes - a.bytes || a.begin - b.begin || i - j;
    });
  const placed: { lifetime: Lifetime; offset: number }[] = [];
  const offsets: number[] = new Array(lifetimes.length).fill(0);
  for (const i of order) {
    offsets[i] = lowestOffset(lifetimes[i]!, placed, align);
    placed.push({ lifetime: lifetimes[i]!, offset: offsets[i]! });
  }
  return offsets;
}

/** The largest sum of sizes that are in use at one time: no placement needs less. */
export function liveBytesMax(lifetimes: readonly Lifetime[]): number {
  const at = (time: number) =>
    lifetimes.reduce((sum, l) => (l.begin <= time && time <= l.end ? sum + l.bytes : sum), 0);
  return Math.max(0, ...lifetimes.map((l) => at(l.begin)));
}
