/** What a plan has in use while most bytes are. */
import type { InUse } from "../diagnostics/memory.ts";
import type { Node } from "../ir/graph.ts";
import type { Plan } from "../ir/plan.ts";
import { disjoint } from "./buffers.ts";

export interface Peak {
  /** What runs then; undefined before the first step and after the last. */
  readonly node: Node | undefined;
  readonly bytes: number;
  readonly inUse: readonly InUse[];
}

/** The first tick of those with most bytes in use. */
export function peakOf({ buffers, steps }: Plan): Peak {
  const lives = buffers.flatMap((b) =>
    disjoint({ ...b, align: 1, parts: [...b.parts], isShared: true }).map((part) => ({
      label: b.label,
      part,
    })),
  );
  const end = lives.reduce((last, { part }) => Math.max(last, part.end), 0);
  const change = new Int32Array(end + 1);
  for (const { part } of lives) {
    change[part.begin]! += part.to - part.from;
    change[part.end]! -= part.to - part.from;
  }
  let [bytes, tick, now] = [0, 0, 0];
  change.forEach((more, t) => {
    now += more;
    if (now > bytes) [bytes, tick] = [now, t];
  });
  const inUse = new Map<string, number>();
  for (const { label, part } of lives)
    if (part.begin <= tick && tick < part.end)
      inUse.set(label, (inUse.get(label) ?? 0) + part.to - part.from);
  const node = steps.find((s) => s.begin <= tick && tick < s.end)?.node;
  return { node, bytes, inUse: [...inUse].map(([label, n]) => ({ label, bytes: n })) };
}
