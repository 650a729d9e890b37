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

  constructor(partition: Partition) {
    const { count, sections, other } = partition;
    this.#p = partition;
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

  run(capacity: number, limit: number): Outcome {
    const { count, sections, grain, rest, spans, memberStart } = this.#p;
    this.#capacity = capacity;
    this.#sectionCapacity = alignUp(capacity, grain);
    this.#limit = limit;
    this.nodes = 0;
    this.#trailTop = 0;
    this.#isPlaced.fill(0);
    this.#least.fill(0);
    this.#rest.set(rest);
    this.#spans.set(spans);
    this.#witness.set(memberStart.subarray(0, sections));
    for (let i = 0; i < count; i++) this.#lists[i] = i;
    return this.#explore(0, count, 0, sections, 0, -1);
  }

  /**
   * Places the buffers of lists[from, to), which are all that is left in the sections
   * [sectionFrom, sectionTo); the last placed had the key (offset, index).
   */
  #explore(
    from: number,
    to: number,
    sectionFrom: number,
    sectionTo: number,
    offset: number,
    index: number,
  ): Outcome {
    if (this.nodes++ >= this.#limit) return "limit";
    const least = this.#least;
    const lists = this.#lists;
    const { isMonotone } = this.#p;
    const ceiling = isMonotone ? this.#ceiling(from, to) : Infinity;
    let triedOffset = isMonotone ? offset : -1;
    let tried = index;
    for (;;) {
      let best = -1;
      let bestOffset = ceiling;
      for (let i = from; i < to; i++) {
        const b = lists[i]!;
        const at = least[b]!;
        if (at < bestOffset && (at > triedOffset || (at === triedOffset && b > tried))) {
          best = b;
          bestOffset = at;
        }
      }
      if (best < 0) return "exhausted";
      triedOffset = bestOffset;
      tried = best;
      if (!isMonotone && this.#isOutOfOrder(best, offset, index)) continue;
      const trail = this.#trailTop;
      let outcome: Outcome = "exhausted";
      if (this.#place(best) && this.#fits(bestOffset, sectionFrom, sectionTo))
        outcome = this.#descend(best, from, to, sectionFrom, sectionTo);
      this.#remove(best, trail);
      if (outcome === "found") this.offsets[best] = bestOffset;
      if (outcome !== "exhausted") return outcome;
    }
  }

  /** No buffer may be placed here or higher: another fits wholly below. */
  #ceiling(from: number, to: number): number {
    const least = this.#least;
    const lists = this.#lists;
    const { height } = this.#p;
    let ceiling = Infinity;
    for (let i = from; i < to; i++) {
      const b = lists[i]!;
      const top = least[b]! + height[b]!;
      if (top < ceiling) ceiling = top;
    }
    return ceiling;
  }

  /** Whether `b` could as well have been placed before the last one, whose key is greater. */
  #isOutOfOrder(b: number, offset: number, index: number): boolean {
    const at = this.#least[b]!;
    if (index < 0 || at > offset || (at === offset && b > index)) return false;
    const { start, other } = this.#p;
    return !other.subarray(start[index], start[index + 1]).includes(b);
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
      fits = raised + size[b]! <= capacity;
    }
    this.#trailTop = top;
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

  /** Section inference, with `offset` as the lowest that can still come. */
  #fits(offset: number, sectionFrom: number, sectionTo: number): boolean {
    const { isMonotone, memberStart, members, memberLow } = this.#p;
    const least = this.#least;
    const isPlaced = this.#isPlaced;
    const rest = this.#rest;
    const witness = this.#witness;
    const floor = isMonotone ? offset : 0;
    for (let s = sectionFrom; s < sectionTo; s++) {
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

  /** Goes on without `c`, component by component; if one fails, so does all. */
  #descend(c: number, from: number, to: number, sectionFrom: number, sectionTo: number): Outcome {
    const { first, last } = this.#p;
    const spans = this.#spans;
    const offset = this.#least[c]!;
    let begin = sectionFrom;
    for (let s = first[c]!; s < last[c]! - 1; s++) {
      if (spans[s] !== 0) continue;
      const outcome = this.#component(c, from, to, begin, s + 1, offset);
      if (outcome !== "found") return outcome;
      begin = s + 1;
    }
    return this.#component(c, from, to, begin, sectionTo, offset);
  }

  #component(
    c: number,
    from: number,
    to: number,
    sectionFrom: number,
    sectionTo: number,
    offset: number,
  ): Outcome {
    const { first } = this.#p;
    const lists = this.#lists;
    let top = to;
    for (let i = from; i < to; i++) {
      const b = lists[i]!;
      if (b !== c && first[b]! >= sectionFrom && first[b]! < sectionTo) lists[top++] = b;
    }
    return top === to ? "found" : this.#explore(to, top, sectionFrom, sectionTo, offset, c);
  }
}
