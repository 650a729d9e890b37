/** The words of the model language. */

import { createToken, Lexer, type TokenType } from "chevrotain";
import { type Keyword, keywords } from "../../language/keywords.ts";

const all: TokenType[] = [];

/** @param label how messages call it. */
function token(name: string, pattern: RegExp | string, label: string, more: object = {}) {
  const type = createToken({ name, pattern, label, ...more });
  all.push(type);
  return type;
}

token("Space", /[ \t\r\n\uFEFF]+/, "space", { group: Lexer.SKIPPED, line_breaks: true });
/** `///` documents what follows; both kinds are kept for the formatter. */
token("Comment", /\/\/[^\r\n]*/, "a comment", { group: "comments" });

export const StringLiteral = token("String", /"(?:[^"\\\r\n]|\\.)*"/, "a string");
export const Decimal = token("Float", /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)/, "a number");
export const Integer = token("Integer", /\d+/, "a number");
export const Identifier = createToken({ name: "Name", pattern: /[A-Za-z_]\w*/, label: "a name" });

const keyword = (word: Keyword) => {
  const name = word[0]!.toUpperCase() + word.slice(1);
  return token(name, word, `'${word}'`, { longer_alt: Identifier });
};

/** Tokens of the words that no name may be. */
export const words = Object.fromEntries(keywords.map((word) => [word, keyword(word)])) as Readonly<
  Record<Keyword, TokenType>
>;
all.push(Identifier);

const sign = (name: string, text: string) => token(name, text, `'${text}'`);

export const Pipe = sign("Pipe", "|>");
export const Arrow = sign("Arrow", "->");
export const Or = sign("Or", "||");
export const And = sign("And", "&&");
export const Equal = sign("Equal", "==");
export const Unequal = sign("Unequal", "!=");
export const AtMost = sign("AtMost", "<=");
export const AtLeast = sign("AtLeast", ">=");
export const Less = sign("Less", "<");
export const Greater = sign("Greater", ">");
export const Range = sign("Range", "..");
export const Dot = sign("Dot", ".");
export const Comma = sign("Comma", ",");
export const Colon = sign("Colon", ":");
export const Becomes = sign("Becomes", "=");
export const Plus = sign("Plus", "+");
export const Minus = sign("Minus", "-");
export const Times = sign("Times", "*");
export const Over = sign("Over", "/");
export const Modulo = sign("Modulo", "%");
export const Question = sign("Question", "?");
export const Not = sign("Not", "!");
export const OpenRound = sign("OpenRound", "(");
export const CloseRound = sign("CloseRound", ")");
export const OpenSquare = sign("OpenSquare", "[");
export const CloseSquare = sign("CloseSquare", "]");
export const OpenCurly = sign("OpenCurly", "{");
export const CloseCurly = sign("CloseCurly", "}");
export const At = sign("At", "@");

export const tokens: readonly TokenType[] = all;

export const lexer = new Lexer(all, { positionTracking: "onlyOffset" });
