/** What each name in a text is, for an editor's colours. */
import type { IToken } from "chevrotain";
import { elementsByName } from "../language/operators/quantisation.ts";
import * as t from "../read/dsl/tokens.ts";
import type { DeclaredFact } from "./facts.ts";
import type { Row } from "./rows.ts";

/** LSP's own names of token types, in the order of their numbers. */
export const markTypes = [
  "namespace",
  "class",
  "function",
  "parameter",
  "variable",
  "property",
  "type",
  "decorator",
  "label",
] as const;
export type MarkType = (typeof markTypes)[number];
export const markModifiers = ["declaration", "readonly", "defaultLibrary"] as const;
export type MarkModifier = (typeof markModifiers)[number];

/** What a mark's number says. */
export interface MarkKind {
  readonly type: MarkType;
  readonly modifiers: readonly MarkModifier[];
}

/** LSP's numbers: of the type, and a bit for each modifier. */
export const markNumbers = (number: number) => ({
  type: number % markTypes.length,
  modifiers: Math.floor(number / markTypes.length),
});

const numberOf = ({ type, modifiers }: MarkKind): number => {
  const bits = modifiers.reduce((sum, m) => sum + 2 ** markModifiers.indexOf(m), 0);
  return bits * markTypes.length + markTypes.indexOf(type);
};

const types: Record<DeclaredFact["kind"], MarkType> = {
  value: "variable",
  variable: "variable",
  output: "variable",
  state: "variable",
  parameter: "parameter",
  input: "parameter",
  block: "function",
  model: "class",
  import: "namespace",
};

/** Names that nothing declares, by the words around them. */
function undeclared(before: IToken | undefined, after: IToken | undefined): MarkType | undefined {
  if (before?.tokenType === t.words.as) return "label";
  if (before?.tokenType === t.At) return "decorator";
  if (before?.tokenType === t.Dot || after?.tokenType === t.Colon) return "property";
  return undefined;
}

function declaredKind({ name, start, kind }: DeclaredFact, token: IToken): MarkKind {
  const isHere = start === token.startOffset && name === token.image;
  const isFixed = kind !== "variable" && kind !== "output";
  const modifiers: MarkModifier[] = isHere ? ["declaration"] : [];
  return { type: types[kind], modifiers: isFixed ? [...modifiers, "readonly"] : modifiers };
}

const builtinKind = ({ image }: IToken): MarkKind => ({
  type: elementsByName.has(image) ? "type" : "function",
  modifiers: ["defaultLibrary"],
});

export function marksOf(
  text: string,
  occurrences: readonly Row[],
  declared: readonly DeclaredFact[],
): Row[] {
  const at = new Map(occurrences.map((o) => [o.start, o.number]));
  const { tokens } = t.lexer.tokenize(text);
  const kindOf = (token: IToken, i: number): MarkKind | undefined => {
    const number = at.get(token.startOffset);
    if (number !== undefined)
      return number < 0 ? builtinKind(token) : declaredKind(declared[number]!, token);
    const type = undeclared(tokens[i - 1], tokens[i + 1]);
    return type && { type, modifiers: [] };
  };
  return tokens.flatMap((token, i): Row[] => {
    const kind = token.tokenType === t.Identifier ? kindOf(token, i) : undefined;
    const { startOffset: start, image } = token;
    return kind ? [{ start, end: start + image.length, number: numberOf(kind) }] : [];
  });
}
