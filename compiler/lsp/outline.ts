/** The declarations of a file, and what stands in them, for an editor's list of symbols. */
import type * as ast from "../language/ast.ts";
import { isName } from "../language/ast.ts";

export type EntryKind = "import" | "block" | "model" | "value" | "parameter" | "output";

export interface Entry extends ast.Span {
  readonly name: string;
  readonly kind: EntryKind;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly inside: readonly Entry[];
}

const entry = (
  name: ast.Name,
  kind: EntryKind,
  { start, end }: ast.Span,
  inside: Entry[] = [],
) => ({
  ...{ name: name.text, kind, start, end, inside },
  ...{ nameStart: name.start, nameEnd: name.end },
});

const bound = (pattern: ast.Pattern, statement: ast.Span): Entry[] =>
  isName(pattern)
    ? [entry(pattern, "value", statement)]
    : pattern.items.flatMap((item) => bound(item, item));

function statementEntries(statement: ast.Statement): Entry[] {
  switch (statement.kind) {
    case "let":
    case "var":
      return bound(statement.pattern, statement);
    case "for":
      return statement.body.flatMap(statementEntries);
    case "if":
      return [...statement.branches.map((b) => b.body), statement.otherwise ?? []].flatMap((body) =>
        body.flatMap(statementEntries),
      );
    case "state":
      return [entry(statement.name, "value", statement)];
    default:
      return [];
  }
}

export const outlineOf = ({ declarations }: ast.SourceFile): Entry[] =>
  declarations.flatMap((declaration): Entry[] => {
    if (declaration.kind === "import")
      return declaration.name ? [entry(declaration.name, "import", declaration)] : [];
    if ("pattern" in declaration) return bound(declaration.pattern, declaration);
    const { name, kind, parameters, body } = declaration;
    const outputs = declaration.kind === "model" ? declaration.outputs : [];
    const statements = Array.isArray(body) ? (body as readonly ast.Statement[]) : [];
    const inside = [
      ...parameters.map((p) => entry(p.name, "parameter", p)),
      ...outputs.map((o) => entry(o.name, "output", o)),
      ...statements.flatMap(statementEntries),
    ];
    return [entry(name, kind, declaration, inside)];
  });
