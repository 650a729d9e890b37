/** Formats the text of a `.mote` file. */
import { MoteError, syntaxError } from "../../diagnostics.ts";
import { printFile } from "../../language/print.ts";
import { parse } from "./parse.ts";
import type { Source } from "./source.ts";

/**
 * The same tokens and comments in the one style, with the text's own line ends.
 * @throws MoteError with all problems of a text that cannot be read.
 */
export function format(source: Source): string {
  const { text } = source;
  const { file, problems, tokens, comments } = parse(text);
  if (!file)
    throw new MoteError(
      ...problems.map(({ start, text: what, help }) =>
        syntaxError({ file: source.file, ...source.position(start) }, what, help),
      ),
    );
  const formatted = printFile(file, { text, tokens, comments });
  return /\r?\n/.exec(text)?.[0] === "\r\n" ? formatted.replaceAll("\n", "\r\n") : formatted;
}
