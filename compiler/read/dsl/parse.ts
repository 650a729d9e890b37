/** The text of a `.mote` file → its tree, and everything that is wrong with how it is written. */
import type { ILexingError, IRecognitionException, IToken, TokenType } from "chevrotain";
import type { Expr, SourceFile, Span, Template } from "../../language/ast.ts";
import { Grammar } from "./grammar.ts";
import { Becomes, Colon, Identifier, lexer, StringLiteral, words } from "./tokens.ts";

export interface SyntaxProblem extends Span {
  readonly text: string;
  readonly help?: string;
}

export interface Parsed {
  /** Only where there are no problems. */
  readonly file?: SourceFile;
  readonly problems: readonly SyntaxProblem[];
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
}

/** Characters of a file and brackets in brackets, at the most. */
export const textMax = 4 * 2 ** 20;
export const nestingMax = 100;
const problemsMax = 100;
const nameMax = 200;

let parser: Grammar | undefined;

/** The parser; made when it is first needed. */
export function grammar(): Grammar {
  parser ??= new Grammar();
  return parser;
}

/** Where brackets are nested too deeply, if they are; strings and comments do not count. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  const word = /"(?:[^"\\\r\n]|\\.)*"|\/\/[^\r\n]*|[([{]|[)\]}]/g;
  for (let match = word.exec(text); match; match = word.exec(text)) {
    const [sign] = match[0];
    if (sign === "(" || sign === "[" || sign === "{") {
      if (++depth > nestingMax) return match.index;
    } else if (sign === ")" || sign === "]" || sign === "}") depth = Math.max(0, depth - 1);
  }
  return undefined;
}

const openString = "The string is not closed";

const tokenSpan = ({ startOffset, image }: IToken): Span => ({
  start: startOffset,
  end: startOffset + image.length,
});

const lexingProblem = (text: string, { offset, length }: ILexingError): SyntaxProblem =>
  text[offset] === '"'
    ? { start: offset, end: offset + 1, text: openString }
    : {
        start: offset,
        end: offset + length,
        text: `'${text.slice(offset, offset + Math.min(length, 24))}' has no meaning here`,
      };

const tooDeepText = [
  `More than ${nestingMax} brackets are nested here`,
  "Bind parts of the expression to names with 'let'.",
] as const;

const longNames = (tokens: readonly IToken[]): SyntaxProblem[] =>
  tokens
    .filter(({ tokenType, image }) => tokenType === Identifier && image.length > nameMax)
    .map((token) => ({
      ...tokenSpan(token),
      text: `The name has ${token.image.length} characters; ${nameMax} are the most`,
    }));

const isWord = ({ tokenType }: IToken): boolean => tokenType.LONGER_ALT === Identifier;

/** What begins a name's place, and what can follow the name there. */
const binds: readonly TokenType[] = [words.let, words.var];
const afterName: readonly TokenType[] = [Becomes, Colon];

/**
 * Words of the language that a `let` binds: said once, and read as names from there on but where
 * they begin something of their own, so that nothing else is said of them.
 */
function wordsAsNames(tokens: readonly IToken[]): { tokens: IToken[]; problems: SyntaxProblem[] } {
  const taken = new Set<string>();
  const problems: SyntaxProblem[] = [];
  const read = tokens.map((token, i): IToken => {
    if (!isWord(token)) return token;
    const [before, after] = [tokens[i - 1]?.tokenType, tokens[i + 1]?.tokenType];
    const isName = afterName.includes(after!);
    if (isName && binds.includes(before!) && !taken.has(token.image)) {
      taken.add(token.image);
      const text = `'${token.image}' is a word of the language, and no name`;
      problems.push({ ...tokenSpan(token), text, help: "Call it something else." });
    }
    const begins = after === Identifier || after === StringLiteral;
    const isTaken = taken.has(token.image) && !begins;
    return isTaken
      ? { ...token, tokenType: Identifier, tokenTypeIdx: Identifier.tokenTypeIdx! }
      : token;
  });
  return { tokens: read, problems };
}

/** At the token that does not fit, or behind the last one. */
function parsingProblem({
  token,
  previousToken,
  message,
}: IRecognitionException & { previousToken?: IToken }): SyntaxProblem {
  if (token.image !== "" && !Number.isNaN(token.startOffset))
    return { ...tokenSpan(token), text: message };
  // Where there is no token at all, the parser gives one that stands nowhere.
  const start = (previousToken && tokenSpan(previousToken).end) || 0;
  return { start, end: start, text: message };
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

const unescaped = (text: string): string =>
  text.replace(/\\u\{([0-9a-fA-F]{1,6})\}|\\(.)/g, (whole, code?: string, sign?: string) => {
    if (code === undefined) return escapes[sign!] ?? sign!;
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

/** An expression of its own, that begins at `offset` of the text. */
function parseExpression(text: string, offset: number): { expr?: Expr; problems: SyntaxProblem[] } {
  const deep = tooDeep(text);
  if (deep !== undefined)
    return { problems: refused(offset + deep, ...tooDeepText).problems.slice() };
  const { tokens, errors } = lexer.tokenize(text);
  const problems = [...errors.map((e) => lexingProblem(text, e)), ...longNames(tokens)];
  const own = grammar();
  own.input = tokens;
  const expr = own.expression();
  problems.push(...own.errors.map(parsingProblem));
  const moved = problems.map((p) => ({ ...p, start: p.start + offset, end: p.end + offset }));
  return moved.length > 0 ? { problems: moved } : { expr: shifted(expr, offset), problems: [] };
}

/** The tree with all its places moved. */
function shifted<T>(tree: T, by: number): T {
  if (Array.isArray(tree)) return tree.map((item) => shifted(item, by)) as T;
  if (typeof tree !== "object" || tree === null) return tree;
  const entries = Object.entries(tree).map(([key, value]) => [
    key,
    (key === "start" || key === "end") && typeof value === "number"
      ? value + by
      : shifted(value, by),
  ]);
  return Object.fromEntries(entries) as T;
}

/** Splits a string literal at the expressions in braces. */
function readTemplate(image: string, at: number, problems: SyntaxProblem[]): Template["parts"] {
  const parts: (string | Expr)[] = [];
  const piece = /\{([^}]*)(\}?)|(?:\\u\{[0-9a-fA-F]{1,6}\}|\\.|[^{\\])+|\\/g;
  piece.lastIndex = 1;
  const inner = image.slice(0, -1);
  for (let match = piece.exec(inner); match; match = piece.exec(inner)) {
    const start = at + match.index;
    if (match[1] === undefined) parts.push(unescaped(match[0]));
    else if (match[2] === "" || match[1].trim() === "")
      problems.push({
        start,
        end: start + match[0].length,
        text: match[2] === "" ? "The brace is not closed" : "The braces are empty",
        help: "Write \\{ for a brace itself.",
      });
    else {
      const { expr, problems: more } = parseExpression(match[1], start + 1);
      problems.push(...more);
      if (expr) parts.push(expr);
    }
  }
  return parts;
}

/** For a start in the text, the lines of `///` that stand right before it. */
function docsBy(text: string, comments: readonly IToken[]): (start: number) => readonly string[] {
  const docs = comments.filter((c) => c.image.startsWith("///"));
  const endsAt = new Map(docs.map((c) => [tokenSpan(c).end, c]));
  const wordBefore = (at: number) => {
    let end = at;
    while (end > 0 && /\s/.test(text[end - 1]!)) end--;
    return end;
  };
  return (start) => {
    const lines: string[] = [];
    for (
      let doc = endsAt.get(wordBefore(start));
      doc !== undefined;
      doc = endsAt.get(wordBefore(doc.startOffset))
    )
      lines.unshift(doc.image.slice(3).trim());
    return lines;
  };
}

/** Problems in the order of the text: one a place, none behind an open string. */
function inOrder(problems: readonly SyntaxProblem[]): SyntaxProblem[] {
  const sorted = [...problems].sort((a, b) => a.start - b.start);
  const open = sorted.findIndex((p) => p.text === openString);
  const shown = open < 0 ? sorted : sorted.slice(0, open + 1);
  return shown.filter((p, i) => shown[i - 1]?.start !== p.start).slice(0, problemsMax);
}

const refused = (start: number, text: string, help: string): Parsed => ({
  problems: [{ start, end: start + 1, text, help }],
  tokens: [],
  comments: [],
});

export function parse(text: string): Parsed {
  if (text.length > textMax)
    return refused(
      0,
      `The file has ${text.length} characters; ${textMax} are read at the most`,
      "Put weights into a weights file, and split the model with 'import'.",
    );
  const deep = tooDeep(text);
  if (deep !== undefined) return refused(deep, ...tooDeepText);
  const { tokens: written, errors, groups } = lexer.tokenize(text);
  const comments = groups.comments ?? [];
  const { tokens, problems: misnamed } = wordsAsNames(written);
  const problems = [
    ...errors.map((e) => lexingProblem(text, e)),
    ...longNames(tokens),
    ...misnamed,
  ];
  const own = grammar();
  const templates: { token: IToken; into: (string | Expr)[] }[] = [];
  own.template = (token) => {
    const into: (string | Expr)[] = [];
    if (token.tokenType === StringLiteral && !token.isInsertedInRecovery)
      templates.push({ token, into });
    return { kind: "template", parts: into, ...tokenSpan(token) };
  };
  own.docs = docsBy(text, comments);
  own.input = tokens;
  const file = own.file();
  problems.push(...own.errors.map(parsingProblem));
  own.template = (token) => ({
    kind: "template",
    parts: [token.image.slice(1, -1)],
    ...tokenSpan(token),
  });
  for (const { token, into } of templates)
    into.push(...readTemplate(token.image, token.startOffset, problems));
  const ordered = inOrder(problems);
  return { ...(ordered.length === 0 && { file }), problems: ordered, tokens: written, comments };
}
