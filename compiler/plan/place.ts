/** First fit, for now. */
import { type Block, disjoint } from "./buffers.ts";

function separation(a: Block, b: Block): number | undefined {
  let most: number | undefined;
  for (const p of disjoint(a))
    for (const q of disjoint(b))
      if (p.begin < q.end && q.begin < p.end) most = Math.max(most ?? -Infinity, p.to - q.from);
  return most;
}

export function placeBlocks(blocks: readonly Block[]): number[] {
  const span = (b: Block) =>
    [Math.min(...b.parts.map((p) => p.begin)), Math.max(...b.parts.map((p) => p.end))] as const;
  const spans = blocks.map(span);
  const tries = [
    (i: number, j: number) => blocks[j]!.bytes - blocks[i]!.bytes,
    (i: number, j: number) => spans[i]![0] - spans[j]![0],
    (i: number, j: number) =>
      (spans[j]![1]! - spans[j]![0]) * blocks[j]!.bytes -
      (spans[i]![1] - spans[i]![0]) * blocks[i]!.bytes,
    (i: number, j: number) => spans[j]![1]! - spans[j]![0] - (spans[i]![1] - spans[i]![0]),
  ];
  let best: number[] = [];
  let least = Infinity;
  for (const by of tries) {
    const order = blocks
      .map((_, i) => i)
      .filter((i) => blocks[i]!.parts.length > 0)
      .sort((i, j) => by(i, j) || i - j);
    const offsets = new Array<number>(blocks.length).fill(0);
    const done: number[] = [];
    for (const i of order) {
      const b = blocks[i]!;
      const bars: [number, number][] = [];
      for (const j of done) {
        if (spans[i]![0] >= spans[j]![1] || spans[j]![0] >= spans[i]![1]) continue;
        const below = separation(blocks[j]!, b);
        if (below === undefined) continue;
        const above = separation(b, blocks[j]!)!;
        bars.push([offsets[j]! - above, offsets[j]! + below]);
      }
      bars.sort((x, y) => x[0] - y[0]);
      let at = 0;
      for (const [low, high] of bars)
        if (at > low && at < high) at = Math.ceil(high / b.align) * b.align;
      for (let moved = true; moved; ) {
        moved = false;
        for (const [low, high] of bars)
          if (at > low && at < high) {
            at = Math.ceil(high / b.align) * b.align;
            moved = true;
          }
      }
      offsets[i] = at;
      done.push(i);
    }
    const total = Math.max(0, ...order.map((i) => offsets[i]! + blocks[i]!.bytes));
    if (total < least) [least, best] = [total, offsets];
  }
  return best;
}
