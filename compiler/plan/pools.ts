/**
 * Which memory each block lies in, where a target has several. All lies in the fastest as far as it
 * has room; where too much is in use there at a time, what is used least for its bytes goes on to
 * the next one.
 */
import { num } from "../ir/graph.ts";
import { chosenFor } from "../ir/layers.ts";
import type { Pool } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { operatorOf } from "../ops/registry.ts";
import { type Block, disjoint, type Memory, type Method } from "./buffers.ts";
import type { Network, Operation } from "./network.ts";
import { place } from "./place.ts";
import { alignUp } from "./placement/types.ts";
import type { Slice } from "./schedule.ts";

/** A memory that tensors may lie in. */
export interface PoolSpec {
  readonly name: string;
  readonly bytes: number;
  /** Cycles to read or write a word. */
  readonly cost: number;
}

/** Filters that a kernel applies to what it has loaded, at the least. */
const filtersAtOnce = 4;
const wordBytes = 4;

/** Bytes that an operation reads of its first input, in a run; it has copies in scratch memory. */
function bytesRead({ node }: Operation, { scratchBytes }: Method, bytes: number): number {
  const macs = operatorOf(node).macs?.(node) ?? 0;
  const filters = node.inputs[1]?.type.shape[0] ?? 1;
  const each = num(node, "group", 1) / filters;
  const perMac = scratchBytes > 0 ? each : Math.max(each, 1 / filtersAtOnce);
  return Math.max(bytes, macs * perMac * elementBytes(node.inputs[0]!.type.elem));
}

/** Bytes that an operation writes to scratch memory and reads of it. */
function scratchUse({ node }: Operation, { scratchBytes }: Method, calls: number): number {
  const macs = operatorOf(node).macs?.(node) ?? 0;
  const elem = node.inputs[0]?.type.elem ?? "int8";
  return Math.max((macs / filtersAtOnce) * elementBytes(elem), 2 * calls * scratchBytes);
}

/** Blocks that stay together, since what lies in them is found from one address. */
interface Group {
  readonly blocks: number[];
  /** Bytes that are read and written in a run. */
  used: number;
  /** Where they have to lie. */
  memory?: string;
}

/** Groups of a schedule's blocks: rows of one tensor, scratch memory of one operation. */
export function groupsOf(
  network: Network,
  methods: readonly Method[],
  slices: readonly Slice[],
  { blocks, chunks, scratch }: Memory,
  memories: ReadonlyMap<string, string> = new Map(),
): Group[] {
  const groups = blocks.map((_, i): Group => ({ blocks: [i], used: 0 }));
  const join = (a: number, b: number): void => {
    const [to, from] = [groups[a]!, groups[b]!];
    if (to === from) return;
    to.used += from.used;
    if (from.memory) to.memory = from.memory;
    to.blocks.push(...from.blocks);
    for (const block of from.blocks) groups[block] = to;
  };
  network.tensors.forEach(({ bytes, readers, made }, t) => {
    const [first, ...others] = chunks[t]!;
    for (const { block } of others) join(first!.block, block);
    const reads = readers.map(({ operation, operand }) => {
      const own = network.operations[operation]!;
      return own.operands[0] === operand
        ? bytesRead(own, methods[operation]!, operand.bytes)
        : operand.bytes;
    });
    const group = groups[first!.block]!;
    group.used += reads.reduce((sum, n) => sum + n, bytes);
    const makers = made.map((m) => network.operations[m.operation]!.node);
    const wanted = makers.map((n) => chosenFor(n, memories)).find((m) => m !== undefined);
    if (wanted) group.memory = wanted;
  });
  const firstOf = new Map<number, number>();
  const calls = network.operations.map(() => 0);
  slices.forEach(({ operation }, s) => {
    const block = scratch[s]?.block;
    if (block === undefined) return;
    calls[operation]!++;
    const first = firstOf.get(operation);
    if (first === undefined) firstOf.set(operation, block);
    else join(first, block);
  });
  for (const [operation, block] of firstOf)
    groups[block]!.used += scratchUse(
      network.operations[operation]!,
      methods[operation]!,
      calls[operation]!,
    );
  return [...new Set(groups)];
}

/** Groups in one pool, and the bytes that are in use there at every tick. */
class Contents {
  readonly groups = new Set<Group>();
  readonly #blocks: readonly Block[];
  readonly #bytes: Int32Array;

  constructor(blocks: readonly Block[], ticks: number) {
    this.#blocks = blocks;
    this.#bytes = new Int32Array(ticks);
  }

  #change({ blocks }: Group, sign: 1 | -1): void {
    for (const block of blocks)
      for (const { from, to, begin, end } of disjoint(this.#blocks[block]!))
        for (let t = begin; t < end; t++) this.#bytes[t]! += sign * (to - from);
  }

  add(group: Group): void {
    this.groups.add(group);
    this.#change(group, 1);
  }

  remove(group: Group): void {
    this.groups.delete(group);
    this.#change(group, -1);
  }

  /** The most bytes in use at a time. */
  get live(): number {
    return this.#bytes.reduce((a, b) => Math.max(a, b), 0);
  }

  #bytesAt({ blocks }: Group, tick: number): number {
    const own = blocks.flatMap((b) => disjoint(this.#blocks[b]!));
    return own.reduce((n, p) => n + (p.begin <= tick && tick < p.end ? p.to - p.from : 0), 0);
  }

  /** What is in use at the fullest tick and is used least for the bytes that it has there. */
  leastUsed(): Group | undefined {
    const tick = this.#bytes.indexOf(this.live);
    let least: { group: Group; density: number } | undefined;
    for (const group of this.groups) {
      if (group.memory) continue;
      const bytes = this.#bytesAt(group, tick);
      const density = group.used / bytes;
      if (bytes > 0 && density < (least?.density ?? Infinity)) least = { group, density };
    }
    return least?.group;
  }

  placed(): { readonly blocks: readonly number[]; offsets: readonly number[]; bytes: number } {
    const blocks = [...this.groups].flatMap((g) => g.blocks).sort((a, b) => a - b);
    const { offsets, bytes } = place(blocks.map((b) => this.#blocks[b]!));
    return { blocks, offsets, bytes };
  }
}

/** Moves on what a pool has no room for; @returns those groups. */
function spill(contents: Contents, capacity: number): Group[] {
  const moved: Group[] = [];
  while (contents.live > capacity) {
    const group = contents.leastUsed();
    if (!group) break;
    contents.remove(group);
    moved.push(group);
  }
  const back = moved.sort((a, b) => b.used - a.used);
  return back.filter((group) => {
    contents.add(group);
    if (contents.live <= capacity) return false;
    contents.remove(group);
    return true;
  });
}

export interface InPools {
  /** Of all blocks, as addresses of the plan. */
  readonly offsets: readonly number[];
  readonly pools: readonly Pool[];
  readonly bytes: number;
  /** Cycles that memories slower than the fastest add to a run. */
  readonly delay: number;
  /** Bytes for which there is no room. */
  readonly missing: number;
  /** The memory that lacks them, if something has to lie there. */
  readonly missingIn?: string | undefined;
}

/**
 * Blocks in pools, the fastest of which come first.
 * @param align of every pool's beginning.
 */
export function placeInPools(
  { blocks, ticks }: Memory,
  groups: readonly Group[],
  specs: readonly PoolSpec[],
  align: number,
): InPools {
  const offsets = blocks.map(() => 0);
  const pools: Pool[] = [];
  let rest = groups.filter((g) => g.blocks.some((b) => blocks[b]!.parts.length > 0));
  let [begin, delay, missing] = [0, 0, 0];
  let missingIn: string | undefined;
  for (const [i, { name, bytes: size, cost }] of specs.entries()) {
    const contents = new Contents(blocks, ticks.at(-1)! + 2);
    const isHere = ({ memory = name }: Group) => memory === name;
    for (const group of rest) if (isHere(group)) contents.add(group);
    const others = rest.filter((g) => !isHere(g));
    const isLast = i === specs.length - 1;
    const capacity = isLast ? size : size - (size % align);
    rest = isLast ? [] : [...others, ...spill(contents, capacity)];
    let placed = contents.placed();
    while (placed.bytes > capacity && !isLast && contents.groups.size > 0) {
      const group = contents.leastUsed();
      if (!group) break;
      contents.remove(group);
      rest.push(group);
      placed = contents.placed();
    }
    if (contents.groups.size === 0) continue;
    for (const [k, block] of placed.blocks.entries()) offsets[block] = begin + placed.offsets[k]!;
    const end = begin + alignUp(placed.bytes, rest.length > 0 ? align : 1);
    pools.push({ memory: name, begin, end });
    for (const { used } of contents.groups) delay += (used / wordBytes) * (cost - specs[0]!.cost);
    if (placed.bytes - capacity > missing) {
      missing = placed.bytes - capacity;
      missingIn = [...contents.groups].some((g) => g.memory) ? name : undefined;
    }
    begin = end;
  }
  return { offsets, pools, bytes: begin, delay, missing, missingIn };
}
