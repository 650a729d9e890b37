/** The words of a file as they are printed again, each with the comments that stood around it. */
import { commented, type Doc } from "./doc.ts";

/** A token or comment of the source. */
export interface Word {
  readonly image: string;
  readonly startOffset: number;
}

/** What the formatter keeps of a text besides its tree: all tokens and comments in order. */
export interface Written {
  readonly text: string;
  readonly tokens: readonly Word[];
  readonly comments: readonly Word[];
}

/** A comment on a line of its own. */
export interface OwnLine {
  readonly text: string;
  /** Whether an empty line stands before it. */
  readonly blank: boolean;
}

const endOf = ({ image, startOffset }: Word): number => startOffset + image.length;
const commentText = ({ image }: Word): string => image.replace(/[ \t\uFEFF]+$/, "");

/**
 * Hands out the tokens of a text one by one; a tree is printed with exactly the tokens that it was
 * read from. Without a text, tokens are what the tree says, and there are no comments.
 */
export class Words {
  readonly #written: Written | undefined;
  #next = 0;
  /** By the index of the token that follows, or that they stand behind. */
  readonly #before = new Map<number, readonly OwnLine[]>();
  readonly #behind = new Map<number, string>();
  /** Ends of the comments right before tokens. */
  readonly #commentEnds = new Map<number, number>();

  constructor(written?: Written) {
    this.#written = written;
    if (!written) return;
    this.#attach(written);
    this.#moveBehindCommas(written);
  }

  #attach({ text, tokens, comments }: Written): void {
    let token = 0;
    let end = 0;
    for (const comment of comments) {
      for (; token < tokens.length && tokens[token]!.startOffset < comment.startOffset; token++)
        end = endOf(tokens[token]!);
      const ends = lineEnds(text, end, comment.startOffset);
      if (ends === 0 && token > 0) this.#behind.set(token - 1, commentText(comment));
      else {
        const own = { text: commentText(comment), blank: ends > 1 };
        const others = this.#before.get(token);
        if (others) (others as OwnLine[]).push(own);
        else this.#before.set(token, [own]);
      }
      end = endOf(comment);
      this.#commentEnds.set(token, end);
    }
  }

  /** `a // first`, and the comma on the next line: it is about `a`. Documentation stays. */
  #moveBehindCommas({ tokens }: Written): void {
    for (const [token, comment] of [...this.#behind]) {
      const isFree = !this.#before.has(token + 1) && !this.#behind.has(token + 1);
      if (tokens[token + 1]?.image !== "," || !isFree || comment.startsWith("///")) continue;
      this.#behind.delete(token);
      this.#behind.set(token + 1, comment);
    }
  }

  /** Whether the tree comes without a text. */
  get isTreeOnly(): boolean {
    return this.#written === undefined;
  }

  /** Whether the text goes on with this token. */
  isNext(text: string): boolean {
    return this.#written?.tokens[this.#next]?.image === text;
  }

  /** Whether an empty line stands before the next token, behind its comments. */
  blank(): boolean {
    if (!this.#written) return false;
    const { text, tokens } = this.#written;
    const before = tokens[this.#next - 1];
    const start = this.#commentEnds.get(this.#next) ?? (before ? endOf(before) : 0);
    return lineEnds(text, start, tokens[this.#next]?.startOffset ?? text.length) > 1;
  }

  /** Takes the comments on lines of their own before the next token. */
  comments(): readonly OwnLine[] {
    const comments = this.#before.get(this.#next) ?? [];
    this.#before.delete(this.#next);
    return comments;
  }

  /**
   * The next token, with its comments.
   * @param docs its documentation, for a tree without a text
   */
  token(text: string, docs: readonly string[] = []): Doc {
    if (!this.#written) return commented(docs.map(docText), text);
    if (!this.isNext(text)) throw new Error(`The text goes on with another token than '${text}'`);
    return this.#take();
  }

  /** A string as it was written, or as it can be. */
  string(written: () => string): Doc {
    return this.#written ? this.#take() : written();
  }

  #take(): Doc {
    const own = this.comments().map((c) => c.text);
    const { image } = this.#written!.tokens[this.#next]!;
    return commented(own, image, this.#behind.get(this.#next++));
  }
}

export const docText = (text: string): string => `/// ${text}`.trimEnd();

const lineEnds = (text: string, start: number, end: number): number =>
  text.slice(start, end).match(/\r\n?|\n/g)?.length ?? 0;
