/** Where places of an older text are in a newer one: what changed lies between two that did not. */
import type { Span } from "../language/ast.ts";

export class Edit {
  readonly #start: number;
  readonly #oldEnd: number;
  readonly #newEnd: number;

  constructor(before: string, after: string) {
    const most = Math.min(before.length, after.length);
    let start = 0;
    while (start < most && before[start] === after[start]) start++;
    let end = 0;
    while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end])
      end++;
    [this.#start, this.#oldEnd, this.#newEnd] = [start, before.length - end, after.length - end];
  }

  /** In the older text; the begin of the change for all within it. */
  before(offset: number): number {
    if (offset <= this.#start) return offset;
    return offset < this.#newEnd ? this.#start : offset - this.#newEnd + this.#oldEnd;
  }

  /** In the newer text; undefined for what has changed itself. */
  after<T extends Span>(span: T): T | undefined {
    if (span.end <= this.#start) return span;
    const by = this.#newEnd - this.#oldEnd;
    const isAround = span.start < this.#start && this.#oldEnd < span.end;
    if (isAround) return { ...span, end: span.end + by };
    if (span.start < this.#oldEnd) return undefined;
    return { ...span, start: span.start + by, end: span.end + by };
  }
}
