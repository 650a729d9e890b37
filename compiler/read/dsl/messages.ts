/** What the parser says of text that it cannot read: what is there, and what it takes there. */
import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";

const atMost = 6;

const found = ([token]: readonly IToken[]): string => {
  if (token === undefined || token.image === "") return "the end of the file";
  const { image } = token;
  return image.length > 24 ? `'${image.slice(0, 24)}…'` : `'${image}'`;
};

const labelOf = (type: TokenType): string =>
  type.name === "EOF" ? "the end of the file" : (type.LABEL ?? type.name);

/** `','`, or `a name or a number`. */
function expected(paths: readonly TokenType[][]): string {
  const labels = [...new Set(paths.flatMap(([first]) => (first ? [labelOf(first)] : [])))];
  // An expression can begin in many ways.
  if (labels.includes("a number") && labels.includes("a string")) return "an expression";
  if (labels.length > atMost) return "something else";
  const last = labels.pop()!;
  return labels.length === 0 ? last : `${labels.join(", ")} or ${last}`;
}

const statement = (ruleName: string): string | undefined =>
  ({
    statement: "a statement ('let', 'for', 'if', 'x = …')",
    declaration: "'model', 'block', 'let' or 'import'",
  })[ruleName];

export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected: type, actual }) =>
    `Expected ${type.name === "EOF" ? statement("declaration") : labelOf(type)}, found ${found([actual])}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `Expected ${statement("declaration")}, found ${found([firstRedundant])}`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual, ruleName }) =>
    `Expected ${statement(ruleName) ?? expected(expectedPathsPerAlt.flat())}, found ${found(actual)}`,
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) =>
    `Expected ${expected(expectedIterationPaths)}, found ${found(actual)}`,
};
