/** A file's text, and where its characters stand in lines and columns. */
import type { Span } from "../../language/ast.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
}

export class Source {
  readonly file: string;
  readonly text: string;
  #lines: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Offsets at which lines begin. */
  #starts(): readonly number[] {
    if (this.#lines) return this.#lines;
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1))
      starts.push(at + 1);
    this.#lines = starts;
    return starts;
  }

  position(offset: number): Position {
    const starts = this.#starts();
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }

  offset({ line, column }: Position): number {
    return (this.#starts()[line - 1] ?? this.text.length) + column - 1;
  }

  /** The text of a line, counted from 1, without its end. */
  line(number: number): string {
    const starts = this.#starts();
    const end = starts[number] ?? this.text.length + 1;
    return this.text.slice(starts[number - 1], end - 1).replace(/\r$/, "");
  }

  textOf({ start, end }: Span): string {
    return this.text.slice(start, end);
  }
}

/** A piece of a file. */
export interface Site {
  readonly source: Source;
  readonly span: Span;
}
