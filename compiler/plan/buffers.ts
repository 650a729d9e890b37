/** Which memory a schedule needs, and from when to when: a block for what lives and dies alone. */
import type { Part } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import type { Network, Operand, TensorFacts } from "./network.ts";
import { isWhole, type Piece, rowsWithin } from "./pieces.ts";
import type { Slice } from "./schedule.ts";

/** How an operation is carried out, as far as memory is concerned. */
export interface Method {
  /** Rows of the output a call. */
  readonly rows: number;
  /** It finds rows of its first input wherever they lie. */
  readonly isScattered: boolean;
  /** It makes rows by calls on as many rows of each input, which must follow each other. */
  readonly isSliced: boolean;
  /** It can make fewer rows than all. */
  readonly canSplit: boolean;
  readonly scratchBytes: number;
  /** The byte of the first input from which scratch memory may lie over it. */
  readonly scratchOver: number | undefined;
  /** Inputs whose place the output may take. */
  readonly inPlace: readonly number[];
  readonly readsFirst: boolean;
  readonly rowsAtOnce: number | undefined;
  /** Calls take rows of the first input as they come, and keep output and scratch memory. */
  readonly accumulates: boolean;
}

/** Memory that is placed as one piece. */
export interface Block {
  label: string;
  bytes: number;
  readonly align: number;
  readonly parts: Part[];
  /** Parts may lie over others, which end as they begin. */
  isShared?: true;
}

/** Parts none of which lie over others: one that does begins where those end. */
export function disjoint({ parts, isShared }: Block): readonly Part[] {
  if (!isShared) return parts;
  const edges = [...new Set(parts.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const places = new Map(edges.map((edge, i) => [edge, i]));
  /** Until when the bytes from each edge to the next are in use. */
  const busy = new Int32Array(edges.length);
  const kept: Part[] = [];
  for (const part of [...parts].sort((a, b) => a.begin - b.begin)) {
    const last = places.get(part.to)!;
    for (let i = places.get(part.from)!; i < last; ) {
      const from = edges[i]!;
      const begin = Math.max(part.begin, busy[i]!);
      const isOpen = begin < part.end;
      for (; i < last && Math.max(part.begin, busy[i]!) === begin; i++)
        if (isOpen) busy[i] = part.end;
      if (isOpen) kept.push({ ...part, from, to: edges[i]!, begin });
    }
  }
  return kept;
}

/** Rows [begin, end) of a tensor, which follow each other from `offset` of a block on. */
export interface Chunk {
  readonly begin: number;
  readonly end: number;
  block: number;
}

export interface Memory {
  readonly blocks: readonly Block[];
  /** Of each tensor, its pieces in the order of their rows. */
  readonly chunks: readonly (readonly Chunk[])[];
  /** Of each slice, where its scratch memory is. */
  readonly scratch: readonly ({ readonly block: number; readonly offset: number } | undefined)[];
  /** Ticks at which slices begin; the last entry is the end of the run. */
  readonly ticks: Int32Array;
}

/** Whether a tensor's rows may lie apart. */
function isApart(tensor: TensorFacts, network: Network, methods: readonly Method[]): boolean {
  const { made, readers, layout, outputs } = tensor;
  const [own] = made;
  if (!own || !isWhole(own, tensor) || outputs.length > 0 || layout.planes > 1) return false;
  const { rows } = methods[own.operation]!;
  if (network.operations[own.operation]!.height !== layout.count || rows >= layout.count)
    return false;
  return readers.every(({ operation, operand }) => {
    if (!operand.map && !methods[operation]!.accumulates) return false;
    const { operands } = network.operations[operation]!;
    const method = methods[operation]!;
    if (method.isScattered) return operands[0] === operand;
    const begin = operand.from / layout.bytes;
    return method.isSliced && rows % method.rows === 0 && begin % method.rows === 0;
  });
}

/** The largest power of two, 4 at most or an element's size, that divides a row. */
function rowAlignment({ value, layout }: TensorFacts): number {
  const element = elementBytes(value.type.elem);
  let align = Math.max(4, element);
  while (align > element && layout.bytes % align !== 0) align /= 2;
  return align;
}

class Builder {
  readonly #network: Network;
  readonly #methods: readonly Method[];
  readonly #slices: readonly Slice[];
  /** The last slice that reads each row; −1 for none. */
  readonly #lastReader: Int32Array[];
  /** Ticks [birth, death) of each row. */
  readonly #birth: Int32Array[];
  readonly #death: Int32Array[];
  /** Of a slice, the operand whose place its output takes. */
  readonly #taken: (number | undefined)[] = [];
  readonly #ticks: Int32Array;
  readonly #blocks: Block[] = [];
  readonly #chunks: Chunk[][];
  readonly #scratch: Memory["scratch"][number][] = [];

  /** States that are read after what they become is made, and so are kept through the run. */
  readonly #held = new Set<number>();
  /** What is made in the memory of states. */
  readonly #renewed = new Set<number>();
  /** The block of an operation's last scratch memory. */
  readonly #kept = new Map<number, number>();
  readonly #unit: number;

  constructor(
    network: Network,
    methods: readonly Method[],
    slices: readonly Slice[],
    unit: number,
  ) {
    this.#unit = unit;
    this.#network = network;
    this.#methods = methods;
    this.#slices = slices;
    const perRow = () => network.tensors.map((t) => new Int32Array(t.layout.count).fill(-1));
    [this.#lastReader, this.#birth, this.#death] = [perRow(), perRow(), perRow()];
    this.#chunks = network.tensors.map(() => []);
    this.#ticks = new Int32Array(slices.length + 1);
  }

  /** Rows of its tensor that hold rows of a piece, or all of it. */
  #rowsWithin(piece: Piece, begin?: number, end?: number): [number, number] {
    return rowsWithin(this.#network.tensors[piece.tensor]!.layout, piece, begin, end);
  }

  /** Rows of an operand's tensor that a slice of rows [begin, end) needs. */
  #rowsOf(operation: number, operand: Operand, begin: number, end: number): [number, number] {
    const { map } = operand;
    if (this.#methods[operation]!.accumulates) return this.#rowsWithin(operand, begin, end);
    return map
      ? this.#rowsWithin(operand, map.first[begin]!, map.end[end - 1]!)
      : this.#rowsWithin(operand);
  }

  #findReaders(): void {
    this.#slices.forEach(({ operation, begin, end }, s) => {
      for (const operand of this.#network.operations[operation]!.operands)
        if (operand)
          this.#lastReader[operand.tensor]!.fill(
            s,
            ...this.#rowsOf(operation, operand, begin, end),
          );
    });
    this.#network.tensors.forEach(({ outputs, next }, tensor) => {
      for (const piece of outputs)
        this.#lastReader[tensor]!.fill(this.#slices.length, ...this.#rowsWithin(piece));
      // Its memory is for what it becomes.
      if (next !== undefined) this.#lastReader[tensor]!.fill(this.#slices.length);
    });
  }

  /** Opens the pieces of a tensor: one for each slice that makes it, or a single one. */
  #open(tensor: number): void {
    const facts = this.#network.tensors[tensor]!;
    const { layout, value, made } = facts;
    const isOne = !isApart(facts, this.#network, this.#methods);
    const chunkRows = isOne ? layout.count : this.#methods[made[0]!.operation]!.rows;
    const align = isOne
      ? Math.max(4, elementBytes(value.type.elem))
      : Math.max(this.#unit, rowAlignment(facts));
    for (let begin = 0; begin < layout.count; begin += chunkRows) {
      const end = Math.min(layout.count, begin + chunkRows);
      const bytes = isOne ? facts.bytes : layout.bytes * (end - begin);
      const label = value.node.origins[0] ?? value.name;
      const block = this.#blocks.push({ label, bytes, align, parts: [] }) - 1;
      this.#chunks[tensor]!.push({ begin, end, block });
    }
  }

  /** The piece that is just the rows of an operand, if they all die with this slice. */
  #dying(operand: Operand, s: number): Chunk | undefined {
    const { operation, begin, end } = this.#slices[s]!;
    const [from, to] = this.#rowsOf(operation, operand, begin, end);
    const { operands, height } = this.#network.operations[operation]!;
    if (operand.seen && !operand.isDirect && end - begin < height) return undefined;
    const last = this.#lastReader[operand.tensor]!;
    for (let row = from; row < to; row++) if (last[row] !== s) return undefined;
    if (operands.filter((o) => o?.tensor === operand.tensor).length > 1) return undefined;
    if (!operand.isDirect && !isWhole(operand, this.#network.tensors[operand.tensor]!))
      return undefined;
    return this.#chunks[operand.tensor]!.find((c) => c.begin === from && c.end === to);
  }

  /** The operand that a slice may overwrite with all that it makes, if that is the tensor. */
  #overwritten(s: number, tensor: number): number | undefined {
    const { operation, begin, end } = this.#slices[s]!;
    const { operands, height } = this.#network.operations[operation]!;
    const { inPlace, accumulates } = this.#methods[operation]!;
    const isOnly = operands.filter((o) => o?.tensor === tensor).length === 1;
    if (!isOnly || accumulates || end - begin < height) return undefined;
    return inPlace.find((i) => {
      const operand = operands[i];
      return operand?.tensor === tensor && isWhole(operand, this.#network.tensors[tensor]!);
    });
  }

  /** Lets what a state becomes be made in its memory, where it is read no more. */
  #renew(tensor: number): void {
    const { next, readers } = this.#network.tensors[tensor]!;
    if (next === undefined) return;
    const makers = new Set(this.#network.tensors[next]!.made.map((m) => m.operation));
    const users = new Set(readers.map((r) => r.operation));
    const first = this.#slices.findIndex((s) => makers.has(s.operation));
    const last = this.#slices.findLastIndex((s) => users.has(s.operation));
    const over = first === last ? this.#overwritten(first, tensor) : undefined;
    if (last > first || (last === first && over === undefined)) {
      this.#held.add(tensor);
      return;
    }
    const [old, made] = [this.#chunks[tensor]![0]!, this.#chunks[next]![0]!];
    this.#blocks[made.block]!.bytes = 0;
    made.block = old.block;
    this.#blocks[old.block]!.isShared = true;
    this.#renewed.add(next);
    if (over !== undefined) this.#taken[first] = over;
  }

  /** Lets the output of a slice take the place of an operand that dies with it. */
  #take(s: number): void {
    if (this.#taken[s] !== undefined) return;
    const { operation, begin, end } = this.#slices[s]!;
    const { operands, results } = this.#network.operations[operation]!;
    const { inPlace, accumulates } = this.#methods[operation]!;
    const [{ tensor }] = results as [Piece];
    const chunks = this.#chunks[tensor]!;
    if (accumulates || !isWhole(results[0]!, this.#network.tensors[tensor]!)) return;
    const isAll = end - begin === this.#network.operations[operation]!.height;
    if (this.#renewed.has(tensor)) return;
    const made = isAll && chunks.length === 1 ? chunks[0] : chunks.find((c) => c.begin === begin);
    if (!made || (!isAll && (made.end !== end || chunks.length === 1))) return;
    for (const i of inPlace) {
      const chunk = operands[i] && this.#dying(operands[i], s);
      const [old, own] = [chunk && this.#blocks[chunk.block]!, this.#blocks[made.block]!];
      if (!old || old.align < own.align) continue;
      const { layout } = this.#network.tensors[operands[i]!.tensor]!;
      // The block may be larger: it may have been taken over from a larger operand.
      const bytes = layout.bytes * (chunk!.end - chunk!.begin);
      if (layout.planes > 1 || bytes < own.bytes) continue;
      own.bytes = 0;
      made.block = chunk!.block;
      old.isShared = true;
      this.#taken[s] = i;
      return;
    }
  }

  /** Ticks of a slice: one for each row where the kernel keeps to an order. */
  #stagesOf(s: number): number {
    const { operation, begin, end } = this.#slices[s]!;
    const { readsFirst, rowsAtOnce } = this.#methods[operation]!;
    if (this.#taken[s] !== undefined) return 1;
    if (readsFirst) return 2;
    return rowsAtOnce === undefined ? 1 : end - begin;
  }

  /** When rows are written and read for the last time. */
  #follow(): void {
    const { tensors, operations } = this.#network;
    tensors.forEach((t, i) => {
      if (t.made.length === 0) {
        this.#birth[i]!.fill(0);
        this.#death[i]!.fill(1);
      }
    });
    this.#ticks[0] = 1;
    this.#slices.forEach((slice, s) => {
      const stages = this.#stagesOf(s);
      this.#ticks[s + 1] = this.#ticks[s]! + stages;
      const { operands, results } = operations[slice.operation]!;
      for (const operand of operands) if (operand) this.#read(operand, s, stages);
      for (const piece of results) this.#write(piece, s, stages);
    });
    const end = this.#ticks.at(-1)!;
    for (const piece of tensors.flatMap((t) => t.outputs))
      this.#death[piece.tensor]!.fill(end + 1, ...this.#rowsWithin(piece));
    for (const tensor of this.#held) this.#death[tensor]!.fill(end + 1);
  }

  #read(operand: Operand, s: number, stages: number): void {
    const { operation, begin, end } = this.#slices[s]!;
    const { readsFirst, rowsAtOnce = 1 } = this.#methods[operation]!;
    const [tick, death] = [this.#ticks[s]!, this.#death[operand.tensor]!];
    if (!operand.map || readsFirst || stages === 1) {
      const reading = readsFirst && stages > 1 ? 1 : stages;
      death.fill(tick + reading, ...this.#rowsOf(operation, operand, begin, end));
      return;
    }
    for (let row = begin; row < end; row++) {
      const last = Math.min(stages, row - begin + rowsAtOnce);
      death.fill(tick + last, ...this.#rowsOf(operation, operand, row, row + 1));
    }
  }

  #write(piece: Piece, s: number, stages: number): void {
    const { operation, begin, end } = this.#slices[s]!;
    const { readsFirst, accumulates } = this.#methods[operation]!;
    const tick = this.#ticks[s]!;
    const last = tick + stages - 1;
    if (accumulates) this.#live(piece, tick, last);
    else if (this.#network.operations[operation]!.height === 1)
      this.#live(piece, readsFirst ? last : tick, last);
    else
      for (let row = begin; row < end; row++)
        this.#live(piece, readsFirst ? last : Math.min(tick + row - begin, last), last, row);
  }

  /** Bytes of a row, or of all, are in use from `begin` on, if not before, and in tick `last`. */
  #live(piece: Piece, begin: number, last: number, row?: number): void {
    const [birth, death] = [this.#birth[piece.tensor]!, this.#death[piece.tensor]!];
    const [from, to] = this.#rowsWithin(piece, row, row === undefined ? undefined : row + 1);
    for (let i = from; i < to; i++) if (birth[i]! < 0) birth[i] = begin;
    death.fill(last + 1, from, to);
  }

  /** The parts of the blocks: rows that are born and die together. */
  #fill(): void {
    this.#network.tensors.forEach(({ layout, bytes }, tensor) => {
      const [birth, death] = [this.#birth[tensor]!, this.#death[tensor]!];
      for (const { begin, end, block } of this.#chunks[tensor]!)
        for (let row = begin; row < end; ) {
          let to = row + 1;
          while (to < end && birth[to] === birth[row] && death[to] === death[row]) to++;
          for (let plane = 0; plane < layout.planes; plane++) {
            const start = plane * (end - begin) * layout.bytes - begin * layout.bytes;
            const from = start + row * layout.bytes;
            const upTo = Math.min(bytes, start + to * layout.bytes);
            const time = { begin: birth[row]!, end: death[row]! };
            this.#blocks[block]!.parts.push({ from, to: upTo, ...time });
          }
          row = to;
        }
    });
  }

  /** Scratch memory, over the first input where that is dead by then. */
  #openScratch(s: number): Memory["scratch"][number] {
    const { operation } = this.#slices[s]!;
    const { scratchBytes, scratchOver, accumulates } = this.#methods[operation]!;
    if (scratchBytes === 0) return undefined;
    const { node, operands } = this.#network.operations[operation]!;
    const time = { begin: this.#ticks[s]!, end: this.#ticks[s + 1]! };
    const before = accumulates ? this.#kept.get(operation) : undefined;
    if (before !== undefined) {
      const { parts } = this.#blocks[before]!;
      parts[0] = { ...parts[0]!, end: time.end };
      return { block: before, offset: 0 };
    }
    const over = scratchOver !== undefined && operands[0] ? this.#dying(operands[0], s) : undefined;
    if (over && this.#taken[s] === undefined) {
      const block = this.#blocks[over.block]!;
      block.isShared = true;
      block.bytes = Math.max(block.bytes, scratchOver! + scratchBytes);
      block.parts.push({ from: scratchOver!, to: scratchOver! + scratchBytes, ...time });
      return { block: over.block, offset: scratchOver! };
    }
    const label = `${node.origins[0] ?? node.op}: scratch`;
    const parts = [{ from: 0, to: scratchBytes, ...time }];
    const align = Math.max(4, this.#unit);
    const block = this.#blocks.push({ label, bytes: scratchBytes, align, parts }) - 1;
    this.#kept.set(operation, block);
    return { block, offset: 0 };
  }

  build(): Memory {
    this.#findReaders();
    for (let t = 0; t < this.#network.tensors.length; t++) this.#open(t);
    for (let t = 0; t < this.#network.tensors.length; t++) this.#renew(t);
    for (let s = 0; s < this.#slices.length; s++) this.#take(s);
    this.#follow();
    this.#fill();
    for (let s = 0; s < this.#slices.length; s++) this.#scratch[s] = this.#openScratch(s);
    const [blocks, chunks, scratch, ticks] = [
      this.#blocks,
      this.#chunks,
      this.#scratch,
      this.#ticks,
    ];
    return { blocks, chunks, scratch, ticks };
  }
}

/**
 * The memory of a schedule.
 * @param unit that scratch memory and rows which lie apart are aligned to.
 */
export const memoryOf = (
  network: Network,
  methods: readonly Method[],
  slices: readonly Slice[],
  unit: number,
): Memory => new Builder(network, methods, slices, unit).build();
