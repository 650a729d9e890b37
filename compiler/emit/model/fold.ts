/**
 * Calls that come again become blocks. Greedily, as in Re-Pair (Larsson and Moffat 1999) but over
 * runs of any length: the run whose sharing saves most text first, then again among what is left,
 * so that blocks are made of blocks.
 */
import { type Field, fieldLength, type Item, itemLength, type Wire } from "./items.ts";
import { type Column, Unifier } from "./unify.ts";

/** A run of calls that stands in several places. */
export interface Block {
  readonly name: string;
  readonly body: readonly Item[];
  /** Values that it takes, as its body names them. */
  readonly takes: readonly Wire[];
  readonly makes: readonly Wire[];
  readonly parameters: readonly string[];
}

export interface Folded {
  readonly items: readonly Item[];
  /** A block after those that it calls. */
  readonly blocks: readonly Block[];
}

const runMax = 48;
/** What a declaration, a call, and more than one value in or out of a block cost. */
const declarationCost = 40;
const callCost = 14;
const extraTakeCost = 8;
const extraMakeCost = 40;

interface Run {
  readonly begin: number;
  readonly takes: readonly Wire[];
}

/** How the calls of a run hang together, and the values that it takes from outside. */
function structure(
  items: readonly Item[],
  begin: number,
  length: number,
): { text: string; takes: Wire[] } {
  const made = new Map<Wire, string>();
  const outside = new Map<Wire, number>();
  const parts: string[] = [];
  for (let p = 0; p < length; p++) {
    const item = items[begin + p]!;
    const refs = item.takes.map((symbol) => {
      const inside = made.get(symbol);
      if (inside) return inside;
      if (!outside.has(symbol)) outside.set(symbol, outside.size);
      return `<${outside.get(symbol)}`;
    });
    item.makes.forEach((symbol, i) => made.set(symbol, `${p}.${i}`));
    parts.push(`${item.key}(${refs.join()})`);
  }
  return { text: parts.join(";"), takes: [...outside.keys()] };
}

/** Runs of a length by their structure, none of which overlaps another of its kind. */
function runsOf(items: readonly Item[], ids: readonly number[], length: number): Run[][] {
  const byIds = new Map<string, number[]>();
  for (let begin = 0; begin + length <= items.length; begin++) {
    const key = ids.slice(begin, begin + length).join();
    const others = byIds.get(key);
    if (others) others.push(begin);
    else byIds.set(key, [begin]);
  }
  const groups: Run[][] = [];
  for (const begins of byIds.values()) {
    if (begins.length < 2) continue;
    const byText = new Map<string, Run[]>();
    for (const begin of begins) {
      const { text, takes } = structure(items, begin, length);
      const runs = byText.get(text) ?? [];
      if ((runs.at(-1)?.begin ?? Number.NEGATIVE_INFINITY) + length <= begin)
        runs.push({ begin, takes });
      byText.set(text, runs);
    }
    groups.push(...[...byText.values()].filter((runs) => runs.length > 1));
  }
  return groups;
}

/** Which results of a run's calls are read behind it, in any of the places. */
function exportsOf(
  items: readonly Item[],
  runs: readonly Run[],
  length: number,
  lastUse: ReadonlyMap<Wire, number>,
): [number, number][] {
  const found = new Map<string, [number, number]>();
  for (const { begin } of runs)
    for (let p = 0; p < length; p++)
      items[begin + p]!.makes.forEach((symbol, i) => {
        if ((lastUse.get(symbol) ?? -1) >= begin + length) found.set(`${p}.${i}`, [p, i]);
      });
  return [...found.values()].sort(([a, i], [b, j]) => a - b || i - j);
}

interface Draft {
  readonly runs: readonly Run[];
  readonly length: number;
  readonly fields: readonly (readonly Field[])[];
  readonly columns: readonly Column[];
  readonly exports: readonly [number, number][];
  readonly saves: number;
}

/** The block that runs would share, and how much text that saves. */
function draftOf(
  items: readonly Item[],
  runs: readonly Run[],
  length: number,
  lastUse: ReadonlyMap<Wire, number>,
): Draft {
  const unifier = new Unifier();
  const fields = Array.from({ length }, (_, p) => {
    const same = runs.map(({ begin }) => items[begin + p]!);
    return same[0]!.fields.map((_, f) =>
      unifier.field(
        same.map((item) => item.fields[f]!),
        same[0]!.hints[f]!,
      ),
    );
  });
  const { columns } = unifier;
  const exports = exportsOf(items, runs, length, lastUse);
  const before = runs.reduce((sum, { begin }) => {
    for (let p = 0; p < length; p++) sum += itemLength(items[begin + p]!);
    return sum;
  }, 0);
  const body = fields.reduce(
    (sum, own, p) => sum + itemLength({ ...items[runs[0]!.begin + p]!, fields: own }),
    declarationCost,
  );
  const calls = runs.reduce(
    (sum, _, r) =>
      sum +
      callCost +
      columns.reduce((n, c) => n + 2 + fieldLength(c.values[r]!), 0) +
      extraTakeCost * (runs[0]!.takes.length - 1),
    0,
  );
  const makes = extraMakeCost * runs.length * Math.max(0, exports.length - 1);
  return { runs, length, fields, columns, exports, saves: before - body - calls - makes };
}

/** The position after which a value is not read; those of the model's outputs never. */
function lastUses(items: readonly Item[], outputs: readonly Wire[]): Map<Wire, number> {
  const last = new Map<Wire, number>();
  items.forEach((item, i) => {
    for (const symbol of item.takes) last.set(symbol, i);
  });
  for (const symbol of outputs) last.set(symbol, Number.POSITIVE_INFINITY);
  return last;
}

function bestDraft(items: readonly Item[], outputs: readonly Wire[]): Draft | undefined {
  const numbersByKey = new Map<string, number>();
  const ids = items.map(({ key }) => {
    if (!numbersByKey.has(key)) numbersByKey.set(key, numbersByKey.size);
    return numbersByKey.get(key)!;
  });
  const lastUse = lastUses(items, outputs);
  const lengths = items.map(itemLength);
  let best: Draft | undefined;
  for (let length = Math.min(runMax, items.length >> 1); length >= 2; length--)
    for (const runs of runsOf(items, ids, length)) {
      const text = runs
        .slice(1)
        .reduce(
          (n, { begin }) => n + lengths.slice(begin, begin + length).reduce((a, b) => a + b, 0),
          0,
        );
      if (text <= (best?.saves ?? 0)) continue;
      const draft = draftOf(items, runs, length, lastUse);
      if (draft.exports.length > 0 && draft.saves > (best?.saves ?? 0)) best = draft;
    }
  return best;
}

/** Calls of the block in the places of the runs. */
function replaced(
  items: readonly Item[],
  draft: Draft,
  name: string,
): { items: Item[]; block: Block } {
  const { runs, length, fields, columns, exports } = draft;
  const [{ begin: first, takes }] = runs as [Run];
  const body = fields.map((own, p) => ({ ...items[first + p]!, fields: own }));
  const block: Block = {
    name,
    body,
    takes,
    makes: exports.map(([p, i]) => body[p]!.makes[i]!),
    parameters: columns.map((c) => c.name),
  };
  const result: Item[] = [];
  let at = 0;
  runs.forEach(({ begin, takes: given }, r) => {
    result.push(...items.slice(at, begin), {
      callee: name,
      key: `block ${name}`,
      arguments: given.map(() => undefined),
      takes: given,
      makes: exports.map(([p, i]) => items[begin + p]!.makes[i]!),
      fieldNames: columns.map(() => undefined),
      fields: columns.map((c) => c.values[r]!),
      hints: columns.map((c) => c.name),
      initials: [],
    });
    at = begin + length;
  });
  return { items: [...result, ...items.slice(at)], block };
}

/** @param nameOf a name for a block, by its body. */
export function fold(
  all: readonly Item[],
  outputs: readonly Wire[],
  nameOf: (body: readonly Item[]) => string,
): Folded {
  let items = all;
  const blocks: Block[] = [];
  for (let draft = bestDraft(items, outputs); draft; draft = bestDraft(items, outputs)) {
    const { begin } = draft.runs[0]!;
    const name = nameOf(items.slice(begin, begin + draft.length));
    const next = replaced(items, draft, name);
    items = next.items;
    blocks.push(next.block);
  }
  return { items, blocks };
}
