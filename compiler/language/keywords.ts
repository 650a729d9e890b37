/** Words that no name may be. */
export const keywords: ReadonlySet<string> = new Set([
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
]);
