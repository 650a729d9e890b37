/** Words that no name may be. */
export const keywords = [
  "import",
  "model",
  "block",
  "let",
  "var",
  "for",
  "in",
  "if",
  "else",
  "return",
  "assert",
  "state",
  "weights",
  "as",
  "true",
  "false",
] as const;

export type Keyword = (typeof keywords)[number];

export const isKeyword = (text: string): boolean => (keywords as readonly string[]).includes(text);
