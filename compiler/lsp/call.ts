/** What stands before a place in a text that need not be whole: by its characters alone. */

export interface CallText {
  /** Such as `conv`, or `onnx.Conv`. */
  readonly callee: string;
  /** Whether `|>` gives its first argument. */
  readonly isPiped: boolean;
  /** Names of the arguments before the place. */
  readonly given: readonly string[];
  /** Whether an argument begins at the place, so that its name may stand there. */
  readonly isBegin: boolean;
}

const windowMax = 20_000;
const lastMax = 200;

/** Strings and comments as spaces. */
const blank = (text: string): string =>
  text.replace(/"(?:[^"\\\r\n]|\\.)*"?|\/\/[^\r\n]*/g, (word) => " ".repeat(word.length));

/** The text before a place, as far back as is looked at: whole lines, unless these are long. */
export function textBefore(text: string, offset: number): string {
  const from = Math.max(0, offset - windowMax);
  const line = text.lastIndexOf("\n", from) + 1;
  return text.slice(from - line < windowMax ? line : from, offset);
}

/** The last words of a text. */
export const lastOf = (before: string): string => before.slice(-lastMax);

/** Whether the text ends in a string or comment. */
export const isInWords = (before: string): boolean => {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return /^(?:[^"/]|"(?:[^"\\]|\\.)*"|\/(?!\/))*(?:"(?:[^"\\]|\\.)*|\/\/.*)$/.test(line);
};

/** The call whose parentheses the text ends in. */
export function callAround(before: string): CallText | undefined {
  const text = blank(before);
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    const sign = text[at]!;
    if (")]}".includes(sign)) depth++;
    else if ("[{".includes(sign) && depth-- === 0) return undefined;
    else if (sign === "(" && depth-- === 0) {
      const [, pipe, callee] =
        /(\|>\s*)?([A-Za-z_][\w.]*)\s*$/.exec(lastOf(text.slice(0, at))) ?? [];
      if (callee === undefined) return undefined;
      const inside = text.slice(at + 1);
      const given = [...inside.matchAll(/\b([A-Za-z_]\w*)\s*:/g)].map((m) => m[1]!);
      const isBegin = /(?:^|,)\s*\w*$/.test(lastOf(inside));
      return { callee, isPiped: pipe !== undefined, given, isBegin };
    }
  }
  return undefined;
}
