/**
 * Depth-first search for a placement within a capacity: MiniMalloc (Moffitt, ASPLOS 2023).
 *
 * Buffers are placed one after the other, each as low as those placed before allow, so that
 * each lies above all of these that it meets. What is kept of the paper:
 * - canonical order: by (offset, index), so that no placement is reached in two ways;
 * - dominance: no buffer is placed where another would fit wholly below it;
 * - section inference: the lowest offset that is left in a section, plus all that is still to
 *   be placed there, must not exceed the capacity;
 * - dynamic decomposition: where no buffer that is left spans two sections, time falls apart.
 *
 * These hold if buffers above others have greater offsets, and they do if all separations are
 * positive ("monotone"). Buffers with parts may have others, of 0 or less; then the order is the
 * lexicographic one of "above": a lesser key may follow only a buffer that it meets. Dominance
 * is left out. All of this is exhaustive as long as "above" has no cycle.
 */
import type { Partition } from "./partition.ts";
import { alignUp } from "./types.ts";

export type Outcome = "found" | "exhausted" | "limit";

/** Sums of two offsets are counted in 32 bits. */
const capacityMax = 2 ** 30 - 1;

/** What each placed buffer's turn of the search goes on with, by depth. */
const fields = [
  ...["from", "to", "sectionFrom", "sectionTo", "position", "before", "floor", "ceiling"],
  ...["offset", "at", "trail", "begin", "section"],
] as const;

type Frames = Readonly<Record<(typeof fields)[number], Int32Array>>;

const framesOf = (count: number): Frames =>
  Object.fromEntries(fields.map((name) => [name, new Int32Array(count + 1)])) as Frames;

export class Search {
  /** Offsets by the partition's own numbers, once found. */
  readonly offsets: Int32Array;
  nodes = 0;

  readonly #p: Partition;
  #capacity = 0;
  #sectionCapacity = 0;
  #limit = 0;
  readonly #isPlaced: Uint8Array;
  readonly #least: Int32Array;
  /** Bytes still to be placed, by section. */
  readonly #rest: Int32Array;
  /** Buffers left that are in use in this section and the next. */
  readonly #spans: Int32Array;
  /** A place in `members` whose buffer showed last that a section's rest still fits. */
  readonly #witness: Int32Array;
  /** Buffers left, by depth and component. */
  readonly #lists: Int32Array;
  readonly #trailBuffer: Int32Array;
  readonly #trailLeast: Int32Array;
  #trailTop = 0;
  /** The sections of what was last placed and of all that it raised. */
  #reachFrom = 0;
  #reachTo = 0;
  readonly #isByTotal: boolean;
  readonly #total: Int32Array;
  readonly #frames: Frames;

  /** `isByTotal`: buffers of the fullest sections first, by number among equals; else by number. */
  constructor(partition: Partition, isByTotal: boolean) {
    const { count, sections, other } = partition;
    this.#p = partition;
    this.#isByTotal = isByTotal;
    this.#total = new Int32Array(partition.count);
    this.#frames = framesOf(count);
    this.offsets = new Int32Array(count);
    this.#isPlaced = new Uint8Array(count);
    this.#least = new Int32Array(count);
    this.#rest = new Int32Array(sections);
    this.#spans = new Int32Array(sections);
    this.#witness = new Int32Array(sections);
    this.#lists = new Int32Array((count * (count + 1)) / 2 + 1);
    this.#trailBuffer = new Int32Array(other.length);
    this.#trailLeast = new Int32Array(other.length);
  }

  /** One node is one buffer placed for a try. */
  run(capacity: number, limit: number): Outcome {
    const { count, sections, grain, rest, spans, memberStart } = this.#p;
    this.#capacity = capacity;
    this.#sectionCapacity = alignUp(capacity, grain);
    this.nodes = 0;
    if (capacity > capacityMax) return "limit";
    if (rest.some((bytes) => bytes > this.#sectionCapacity)) return "exhausted";
    this.#limit = limit;
    this.#trailTop = 0;
    this.#isPlaced.fill(0);
    this.#least.fill(0);
    this.#rest.set(rest);
    this.#spans.set(spans);
    this.#witness.set(memberStart.subarray(0, sections));
    for (let i = 0; i < count; i++) this.#lists[i] = i;
    this.#sort(0, count);
    this.#open(0, 0, count, 0, sections, -1, -1);
    return this.#explore();
  }

  /** A buffer a frame: recursion without the limit of a stack of calls. */
  #explore(): Outcome {
    const { at, offset, trail } = this.#frames;
    let depth = 0;
    let outcome = this.#advance(0);
    for (;;) {
      if (outcome === "limit") return outcome;
      if (outcome === "found" && this.#below(depth)) {
        depth++;
        outcome = this.#advance(depth);
        continue;
      }
      if (outcome === "exhausted") {
        if (depth === 0) return outcome;
        depth--;
      }
      const b = this.#lists[at[depth]!]!;
      this.#remove(b, trail[depth]!);
      if (outcome === "exhausted") {
        outcome = this.#advance(depth);
        continue;
      }
      this.offsets[b] = offset[depth]!;
      if (depth === 0) return outcome;
      depth--;
    }
  }

  /**
   * A frame that places the buffers of lists[from, to), which are all that is left in the sections
   * [sectionFrom, sectionTo), after `before` and, at its offset, after those up to `position`.
   */
  #open(
    depth: number,
    from: number,
    to: number,
    sectionFrom: number,
    sectionTo: number,
    position: number,
    before: number,
  ): void {
    const f = this.#frames;
    const { isMonotone } = this.#p;
    const floor = before < 0 ? 0 : this.#least[before]!;
    f.from[depth] = from;
    f.to[depth] = to;
    f.sectionFrom[depth] = sectionFrom;
    f.sectionTo[depth] = sectionTo;
    f.position[depth] = position;
    f.before[depth] = before;
    f.floor[depth] = floor;
    f.ceiling[depth] = isMonotone
      ? this.#ceiling(from, to, sectionFrom, sectionTo)
      : this.#capacity + 1;
    f.offset[depth] = isMonotone ? floor : -1;
    f.at[depth] = position;
  }

  /** Places a frame's next buffer that fits; what is left of it then is below. */
  #advance(depth: number): Outcome {
    const f = this.#frames;
    const least = this.#least;
    const lists = this.#lists;
    const [from, to] = [f.from[depth]!, f.to[depth]!];
    const [position, before] = [f.position[depth]!, f.before[depth]!];
    const [floor, ceiling] = [f.floor[depth]!, f.ceiling[depth]!];
    let offset = f.offset[depth]!;
    let at = f.at[depth]!;
    for (;;) {
      let next = -1;
      let nextOffset = ceiling;
      for (let i = from; i < to; i++) {
        const o = least[lists[i]!]!;
        if (o < nextOffset && (o > offset || (o === offset && i > at))) {
          next = i;
          nextOffset = o;
        }
      }
      if (next < 0) return "exhausted";
      offset = nextOffset;
      at = next;
      const b = lists[at]!;
      const isLater = offset > floor || (offset === floor && at > position);
      if (!isLater && !this.#meets(before, b)) continue;
      if (this.nodes >= this.#limit) return "limit";
      this.nodes++;
      const trail = this.#trailTop;
      if (this.#place(b) && this.#fits(offset)) {
        f.at[depth] = at;
        f.offset[depth] = offset;
        f.trail[depth] = trail;
        f.begin[depth] = f.sectionFrom[depth]!;
        f.section[depth] = this.#p.first[b]!;
        return "found";
      }
      this.#remove(b, trail);
    }
  }

  /**
   * The next buffer must be placed below: another fits wholly below, or a section would have to
   * lie above that has more left than there is room for.
   */
  #ceiling(from: number, to: number, sectionFrom: number, sectionTo: number): number {
    const least = this.#least;
    const lists = this.#lists;
    const rest = this.#rest;
    const { height } = this.#p;
    let most = 0;
    for (let s = sectionFrom; s < sectionTo; s++) if (rest[s]! > most) most = rest[s]!;
    let ceiling = this.#sectionCapacity - most + 1;
    for (let i = from; i < to; i++) {
      const b = lists[i]!;
      const top = least[b]! + height[b]!;
      if (top < ceiling) ceiling = top;
    }
    return ceiling;
  }

  #meets(a: number, b: number): boolean {
    const { start, other } = this.#p;
    for (let i = start[a]!; i < start[a + 1]!; i++) if (other[i] === b) return true;
    return false;
  }

  /** Raises what meets `c`; @returns whether all of it still fits. */
  #place(c: number): boolean {
    const { start, other, above, align, size, first, last, row, hull } = this.#p;
    const least = this.#least;
    const isPlaced = this.#isPlaced;
    const rest = this.#rest;
    const spans = this.#spans;
    isPlaced[c] = 1;
    const end = last[c]! - 1;
    const at = row[c]!;
    for (let s = first[c]!; s < end; s++) {
      rest[s] = rest[s]! - hull[at + s]!;
      spans[s] = spans[s]! - 1;
    }
    rest[end] = rest[end]! - hull[at + end]!;
    const offset = least[c]!;
    const capacity = this.#capacity;
    if (offset + size[c]! > capacity) return false;
    let top = this.#trailTop;
    let reachFrom = first[c]!;
    let reachTo = last[c]!;
    let fits = true;
    for (let i = start[c]!; i < start[c + 1]! && fits; i++) {
      const b = other[i]!;
      let raised = offset + above[i]!;
      if (isPlaced[b] === 1 || least[b]! >= raised) continue;
      const over = raised % align[b]!;
      if (over > 0) raised += align[b]! - over;
      this.#trailBuffer[top] = b;
      this.#trailLeast[top++] = least[b]!;
      least[b] = raised;
      if (first[b]! < reachFrom) reachFrom = first[b]!;
      if (last[b]! > reachTo) reachTo = last[b]!;
      fits = raised + size[b]! <= capacity;
    }
    this.#trailTop = top;
    this.#reachFrom = reachFrom;
    this.#reachTo = reachTo;
    return fits;
  }

  #remove(c: number, trail: number): void {
    const { first, last, row, hull } = this.#p;
    const least = this.#least;
    const rest = this.#rest;
    const spans = this.#spans;
    for (let i = this.#trailTop - 1; i >= trail; i--)
      least[this.#trailBuffer[i]!] = this.#trailLeast[i]!;
    this.#trailTop = trail;
    const end = last[c]! - 1;
    const at = row[c]!;
    for (let s = first[c]!; s < end; s++) {
      rest[s] = rest[s]! + hull[at + s]!;
      spans[s] = spans[s]! + 1;
    }
    rest[end] = rest[end]! + hull[at + end]!;
    this.#isPlaced[c] = 0;
  }

  /** Section inference where a buffer was placed or raised; in others nothing has changed. */
  #fits(offset: number): boolean {
    const { isMonotone, memberStart, members, memberLow } = this.#p;
    const least = this.#least;
    const isPlaced = this.#isPlaced;
    const rest = this.#rest;
    const witness = this.#witness;
    const floor = isMonotone ? offset : 0;
    for (let s = this.#reachFrom; s < this.#reachTo; s++) {
      if (rest[s] === 0) continue;
      const room = this.#sectionCapacity - rest[s]!;
      if (floor > room) return false;
      const w = witness[s]!;
      const shown = members[w]!;
      if (isPlaced[shown] === 0 && least[shown]! + memberLow[w]! <= room) continue;
      const end = memberStart[s + 1]!;
      let m = memberStart[s]!;
      while (m < end && (isPlaced[members[m]!] === 1 || least[members[m]!]! + memberLow[m]! > room))
        m++;
      if (m === end) return false;
      witness[s] = m;
    }
    return true;
  }

  /**
   * Opens a frame for the next component of what is left beside the buffer that a frame has placed;
   * if one fails, so do all. @returns false where none is left.
   */
  #below(depth: number): boolean {
    const f = this.#frames;
    const [at, from, to] = [f.at[depth]!, f.from[depth]!, f.to[depth]!];
    const c = this.#lists[at]!;
    const end = this.#p.last[c]! - 1;
    for (let s = f.section[depth]!; s < end; s++) {
      if (this.#spans[s] !== 0) continue;
      const begin = f.begin[depth]!;
      f.begin[depth] = s + 1;
      f.section[depth] = s + 1;
      const top = this.#without(c, from, to, begin, s + 1);
      if (top === to) continue;
      this.#sort(to, top);
      this.#open(depth + 1, to, top, begin, s + 1, to - 1, c);
      return true;
    }
    if (f.section[depth]! > end) return false;
    f.section[depth] = end + 1;
    const [begin, sectionTo] = [f.begin[depth]!, f.sectionTo[depth]!];
    const top = this.#without(c, from, to, begin, sectionTo);
    if (top === to) return false;
    const isPart = begin > f.sectionFrom[depth]!;
    if (isPart) this.#sort(to, top);
    this.#open(depth + 1, to, top, begin, sectionTo, isPart ? to - 1 : to + at - from - 1, c);
    return true;
  }

  /** Appends a list of what the sections still have but for `c`; @returns its end. */
  #without(c: number, from: number, to: number, sectionFrom: number, sectionTo: number): number {
    const { first } = this.#p;
    const lists = this.#lists;
    let top = to;
    for (let i = from; i < to; i++) {
      const b = lists[i]!;
      if (b !== c && first[b]! >= sectionFrom && first[b]! < sectionTo) lists[top++] = b;
    }
    return top;
  }

  /** Those of the fullest sections first, if the order is by what is left there. */
  #sort(from: number, to: number): void {
    if (!this.#isByTotal) return;
    const { first, last } = this.#p;
    const rest = this.#rest;
    const lists = this.#lists;
    const total = this.#total;
    for (let i = from; i < to; i++) {
      const b = lists[i]!;
      let most = 0;
      for (let s = first[b]!; s < last[b]!; s++) if (rest[s]! > most) most = rest[s]!;
      total[b] = most;
      let k = i;
      for (; k > from; k--) {
        const before = lists[k - 1]!;
        if (total[before]! > most || (total[before] === most && before < b)) break;
        lists[k] = before;
      }
      lists[k] = b;
    }
  }
}
