/**
 * Documents: text with places where its lines may end, laid out within a width (Wadler, Oppen): a
 * group is on one line if it fits there, else all its own lines end. Comments last to the end of
 * their line, whatever follows them.
 */

const indentMax = 60;

interface Measures {
  /** Columns on one line, without comments. */
  readonly width: number;
  /** Columns up to the first place where a line may end. */
  readonly head: number;
  /** Whether there is such a place. */
  readonly breaks: boolean;
  /** Whether some line has to end inside. */
  readonly hard: boolean;
  /** Whether it begins with comments on lines of their own. */
  readonly leads: boolean;
  /** Whether it ends with a comment. */
  readonly trails: boolean;
}

interface Line extends Measures {
  readonly kind: "line";
  readonly lines: number;
}
interface Concat extends Measures {
  readonly kind: "concat";
  readonly parts: readonly Doc[];
}
interface Fill extends Measures {
  readonly kind: "fill";
  readonly parts: readonly Doc[];
}
interface Nested extends Measures {
  readonly kind: "group" | "indent";
  readonly content: Doc;
}
interface Commented extends Measures {
  readonly kind: "commented";
  readonly before: readonly string[];
  readonly text: string;
  readonly behind: string | undefined;
}

/** A string is a word without white space around it, or one space. */
export type Doc = string | Line | Concat | Fill | Nested | Commented;

const none = { width: 0, head: 0, breaks: false, hard: false, leads: false, trails: false };
const measuresOf = (doc: Doc): Measures =>
  typeof doc === "string" ? { ...none, width: doc.length, head: doc.length } : doc;

const widthOf = (doc: Doc): number => (typeof doc === "string" ? doc.length : doc.width);
const headOf = (doc: Doc): number => (typeof doc === "string" ? doc.length : doc.head);
const breaksIn = (doc: Doc): boolean => typeof doc !== "string" && doc.breaks;

/** Whether comments on lines of their own come first. */
export const leads = (doc: Doc): boolean => typeof doc !== "string" && doc.leads;

/** A space, or the end of a line. */
export const line: Doc = { ...none, kind: "line", lines: 1, width: 1, breaks: true };
/** Nothing, or the end of a line. */
export const softLine: Doc = { ...none, kind: "line", lines: 1, breaks: true };
/** The end of a line. */
export const hardLine: Doc = { ...none, kind: "line", lines: 1, breaks: true, hard: true };
/** The end of a line, and an empty line. */
export const blankLine: Doc = { ...none, kind: "line", lines: 2, breaks: true, hard: true };

function measuresOfAll(parts: readonly Doc[]): Measures {
  let [width, head, breaks, hard, leads, trails] = [0, 0, false, false, false, false];
  for (const [i, part] of parts.entries()) {
    if (trails) hard = true;
    trails = false;
    width += widthOf(part);
    if (!breaks) head += headOf(part);
    if (typeof part === "string") continue;
    if (part.leads && i > 0) hard = true;
    if (part.leads && i === 0) leads = true;
    hard ||= part.hard;
    breaks ||= part.breaks;
    trails = part.trails;
  }
  return { width, head, breaks, hard, leads, trails };
}

export function concat(...given: readonly Doc[]): Doc {
  return concatAll(given);
}

/** For any number of parts. */
export function concatAll(given: readonly Doc[]): Doc {
  const parts = given.filter((part) => part !== "");
  if (parts.length < 2) return parts[0] ?? "";
  if (parts.every((part) => typeof part === "string" && part !== " ")) return parts.join("");
  return { ...measuresOfAll(parts), kind: "concat", parts };
}

/** On one line if it fits; else the lines that are not in groups of their own end. */
export const group = (content: Doc): Doc => ({ ...measuresOf(content), kind: "group", content });

/** Lines that end inside go on two columns further to the right, as far as `indentMax`. */
export const indent = (content: Doc): Doc => ({ ...measuresOf(content), kind: "indent", content });

/** As many to a line as fit, with spaces between. */
export function fill(parts: readonly Doc[]): Doc {
  const all = measuresOfAll(parts);
  const several = parts.length > 1;
  const head = several ? headOf(parts[0]!) : all.head;
  const width = all.width + Math.max(0, parts.length - 1);
  return { ...all, kind: "fill", parts, width, head, breaks: all.breaks || several };
}

export const join = (separator: Doc, parts: readonly Doc[]): Doc =>
  concatAll(parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part])));

/** A word, comments on lines of their own before it, and one behind it. */
export function commented(before: readonly string[], text: string, behind?: string): Doc {
  if (before.length === 0 && behind === undefined) return text;
  return {
    kind: "commented",
    before,
    text,
    behind,
    width: text.length,
    head: before.length > 0 ? 0 : text.length,
    breaks: true,
    hard: false,
    leads: before.length > 0,
    trails: behind !== undefined,
  };
}

/** A document of which the parts from `at` are still to be laid out. */
interface Frame {
  readonly doc: Doc;
  readonly indent: number;
  readonly flat: boolean;
  at: number;
}

class Layout {
  readonly #width: number;
  readonly #out: string[] = [];
  readonly #frames: Frame[] = [];
  #column = 0;
  /** Columns of white space before the next word of the line. */
  #space = 0;
  #isLineEmpty = true;
  /** Whether a comment is the last of its line. */
  #ended = false;

  constructor(width: number) {
    this.#width = width;
  }

  print(doc: Doc): string {
    this.#push(doc, 0, false);
    for (let frame = this.#frames.at(-1); frame; frame = this.#frames.at(-1)) this.#step(frame);
    return this.#out.join("");
  }

  #push(doc: Doc, indent: number, flat: boolean): void {
    this.#frames.push({ doc, indent, flat, at: 0 });
  }

  #step(frame: Frame): void {
    const { doc, indent, flat } = frame;
    if (typeof doc !== "string" && (doc.kind === "concat" || doc.kind === "fill")) {
      const part = doc.parts[frame.at++];
      if (frame.at >= doc.parts.length) this.#frames.pop();
      if (doc.kind === "fill" && frame.at > 1) this.#separate(part!, indent, flat);
      if (part !== undefined) this.#push(part, indent, flat || this.#isFlatItem(doc, part));
      return;
    }
    this.#frames.pop();
    if (typeof doc === "string") this.#word(doc, indent);
    else if (doc.kind === "indent") this.#push(doc.content, Math.min(indent + 2, indentMax), flat);
    else if (doc.kind === "group")
      this.#push(doc.content, indent, flat || this.#fits(doc, doc.leads ? indent : this.#column));
    else if (doc.kind === "line") this.#line(doc, indent, flat);
    else if (doc.kind === "commented") this.#commented(doc, indent);
  }

  #isFlatItem(list: Concat | Fill, part: Doc): boolean {
    return list.kind === "fill" && this.#fits(part, this.#column);
  }

  /** Between two items of a fill. */
  #separate(next: Doc, indent: number, flat: boolean): void {
    if (flat || this.#fits(next, this.#column + 1)) this.#word(" ", indent);
    else this.#newLine(indent);
  }

  /** Whether all of it is on one line from `column` on, with what has to follow on that line. */
  #fits(doc: Doc, column: number): boolean {
    const { width, hard, trails } = measuresOf(doc);
    let left = this.#width - column - width;
    if (hard || left < 0) return false;
    if (trails) return true;
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const { doc: rest, at } = this.#frames[i]!;
      if (typeof rest === "string" || (rest.kind !== "concat" && rest.kind !== "fill")) continue;
      if (rest.kind === "fill" && at > 0) return true;
      for (let k = at; k < rest.parts.length; k++) {
        left -= headOf(rest.parts[k]!);
        if (left < 0) return false;
        if (breaksIn(rest.parts[k]!)) return true;
      }
    }
    return true;
  }

  #word(text: string, indent: number): void {
    if (text === " ") {
      if (this.#isLineEmpty || this.#ended) return;
      this.#space = 1;
      this.#column++;
      return;
    }
    if (this.#ended) this.#newLine(indent);
    this.#write(text);
  }

  #write(text: string): void {
    if (this.#space > 0) this.#out.push(" ".repeat(this.#space));
    this.#out.push(text);
    this.#column += text.length;
    this.#space = 0;
    this.#isLineEmpty = false;
  }

  #line({ width, lines, hard }: Line, indent: number, flat: boolean): void {
    if (flat && !hard) {
      if (width > 0) this.#word(" ", indent);
      return;
    }
    for (let i = 0; i < lines; i++) this.#newLine(indent);
  }

  #newLine(indent: number): void {
    this.#out.push("\n");
    this.#column = this.#space = indent;
    this.#isLineEmpty = true;
    this.#ended = false;
  }

  #commented({ before, text, behind }: Commented, indent: number): void {
    for (const comment of before) {
      if (!this.#isLineEmpty) this.#newLine(indent);
      this.#write(comment);
      this.#ended = true;
    }
    this.#word(text, indent);
    if (behind === undefined) return;
    this.#space = 1;
    this.#write(behind);
    this.#ended = true;
  }
}

/** The text, of lines of at most `width` columns where they can be broken so. */
export const layOut = (doc: Doc, width: number): string => new Layout(width).print(doc);
