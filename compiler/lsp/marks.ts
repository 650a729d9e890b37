/** What each name in a text is, for an editor's colours. */
import type { IToken } from "chevrotain";
import type { Span } from "../language/ast.ts";
import { elementsByName } from "../language/operators/quantisation.ts";
import * as t from "../read/dsl/tokens.ts";
import type { DeclaredFact, Occurrence } from "./facts.ts";

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

export interface Mark extends Span {
  readonly type: MarkType;
  readonly modifiers: readonly MarkModifier[];
}

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
  if (before?.tokenType === t.As) return "label";
  if (before?.tokenType === t.At) return "decorator";
  if (before?.tokenType === t.Dot || after?.tokenType === t.Colon) return "property";
  return undefined;
}

export function marksOf(
  text: string,
  occurrences: readonly Occurrence[],
  declared: readonly DeclaredFact[],
): Mark[] {
  const at = new Map(occurrences.map((o) => [o.start, o]));
  const { tokens } = t.lexer.tokenize(text);
  return tokens.flatMap((token, i): Mark[] => {
    if (token.tokenType !== t.Identifier) return [];
    const { startOffset: start, image } = token;
    const span = { start, end: start + image.length };
    const occurrence = at.get(start);
    if (!occurrence) {
      const type = undeclared(tokens[i - 1], tokens[i + 1]);
      return type ? [{ ...span, type, modifiers: [] }] : [];
    }
    if (occurrence.declared === undefined)
      return [
        {
          ...span,
          type: elementsByName.has(image) ? "type" : "function",
          modifiers: ["defaultLibrary"],
        },
      ];
    const own = declared[occurrence.declared]!;
    const modifiers: MarkModifier[] = [];
    if (own.start === start && own.name === image) modifiers.push("declaration");
    if (own.kind !== "variable" && own.kind !== "output") modifiers.push("readonly");
    return [{ ...span, type: types[own.kind], modifiers }];
  });
}
