/** A file of the model language as text, in the one style there is. */
import type * as ast from "./ast.ts";
import {
  blankLine,
  concat,
  concatAll,
  type Doc,
  group,
  hardLine,
  indent,
  layOut,
  line,
} from "./doc.ts";
import * as x from "./print-expressions.ts";
import { Words, type Written } from "./words.ts";

export { printExpr } from "./print-expressions.ts";

const columnsMax = 100;

/** What has lines of its own, and whether an empty one comes before them. */
interface Own {
  readonly doc: Doc;
  readonly blank: boolean;
}

const comments = (w: Words): Own[] => w.comments().map(({ text, blank }) => ({ doc: text, blank }));

/** One below the other, with the comments that stand before each and behind the last. */
function listed<T>(
  w: Words,
  all: readonly T[],
  print: (item: T) => Doc,
  isApart: (item: T, before: T) => boolean = () => false,
): Own[] {
  const lines = all.map((item, i) => {
    const own = [...comments(w), { blank: w.blank(), doc: print(item) }];
    const apart = i > 0 && isApart(item, all[i - 1]!);
    return apart ? [{ ...own[0]!, blank: true }, ...own.slice(1)] : own;
  });
  return [...lines.flat(), ...comments(w)];
}

const below = (lines: readonly Own[]): Doc =>
  concatAll(
    lines.flatMap(({ doc, blank }, i) => (i === 0 ? [doc] : [blank ? blankLine : hardLine, doc])),
  );

// ---- Statements ----

/**
 * ` {`, statements, `}`
 * @param empty what is between the brackets of none
 */
function block(w: Words, statements: readonly ast.Statement[], empty: Doc = ""): Doc {
  const open = w.token("{");
  const lines = listed(w, statements, (s) => statement(w, s));
  const close = w.token("}");
  if (lines.length === 0) return concat(" ", open, empty, close);
  return concat(" ", open, indent(concat(hardLine, below(lines))), hardLine, close);
}

const equals = (w: Words, value: ast.Expr | undefined): Doc =>
  value ? concat(" ", w.token("="), x.value(w, value)) : "";

const binding = (w: Words, { kind, pattern, type, value }: ast.BindStatement): Doc =>
  concat(w.token(kind), " ", x.pattern(w, pattern), x.ascription(w, type), equals(w, value));

const loop = (w: Words, { names, list, body }: ast.ForStatement): Doc =>
  concat(
    concat(w.token("for"), " ", x.patterns(w, names), " ", w.token("in"), " "),
    x.expression(w, list),
    block(w, body),
  );

function choice(w: Words, { branches, otherwise }: ast.IfStatement): Doc {
  const empty = branches.length > 1 || otherwise ? hardLine : "";
  const docs: Doc[] = [];
  for (const { condition, body } of branches) {
    if (docs.length > 0) docs.push(" ", w.token("else"), " ");
    docs.push(w.token("if"), " ", x.expression(w, condition), block(w, body, empty));
  }
  if (otherwise) docs.push(" ", w.token("else"), block(w, otherwise, empty));
  return concatAll(docs);
}

function assertion(w: Words, { condition, message }: ast.AssertStatement): Doc {
  const head = concat(w.token("assert"), x.value(w, condition));
  if (!message) return head;
  return concat(head, w.token(","), group(indent(concat(line, x.expression(w, message)))));
}

const state = (w: Words, { name, label, type, initial }: ast.StateStatement): Doc =>
  concat(
    concat(w.token("state"), " ", w.token(name.text), x.label(w, label), x.ascription(w, type)),
    equals(w, initial),
  );

const settings = (w: Words, all: readonly ast.Setting[]): Doc =>
  x.bracketed(w, ["{", "}"], all, (s) => setting(w, s), { edge: line });

function setting(w: Words, { key, value }: ast.Setting): Doc {
  const head = concat(x.nameOrString(w, key), w.token(":"), " ");
  return concat(
    head,
    "text" in value || "kind" in value ? x.nameOrString(w, value) : settings(w, value),
  );
}

function weights(w: Words, { file, random, layout, settings: all }: ast.WeightsStatement): Doc {
  const docs = [w.token("weights"), " "];
  if (file) docs.push(x.string(w, file));
  if (random) docs.push(w.token(random.word.text), x.callArguments(w, random.args));
  if (layout) docs.push(" ", w.token("layout"), " ", w.token(layout.text));
  if (all.length > 0 || w.isNext("{")) docs.push(" ", settings(w, all));
  return concatAll(docs);
}

function statement(w: Words, given: ast.Statement): Doc {
  switch (given.kind) {
    case "let":
    case "var":
      return binding(w, given);
    case "assign":
      return concat(w.token(given.name.text), equals(w, given.value));
    case "for":
      return loop(w, given);
    case "if":
      return choice(w, given);
    case "return":
      return concat(w.token("return"), x.value(w, given.value));
    case "assert":
      return assertion(w, given);
    case "state":
      return state(w, given);
    case "weights":
      return weights(w, given);
  }
}

// ---- Declarations ----

function parameter(w: Words, given: ast.Parameter): Doc {
  return concat(
    w.token(given.name.text, given.docs),
    x.label(w, given.label),
    x.ascription(w, given.type),
    given.layout ? concat(" ", w.token(given.layout.text)) : "",
    equals(w, given.initial),
    x.annotations(w, given.annotations),
  );
}

const isBare = (p: ast.Parameter): boolean =>
  !p.label && !p.type && !p.initial && p.annotations.length === 0 && p.docs.length === 0;

const parameters = (w: Words, all: readonly ast.Parameter[]): Doc =>
  x.bracketed(w, ["(", ")"], all, (p) => parameter(w, p), { filled: all.every(isBare) });

const output = (w: Words, { name, label, type }: ast.Output): Doc =>
  concat(w.token(name.text), x.label(w, label), x.ascription(w, type));

const outputs = (w: Words, all: readonly ast.Output[]): Doc =>
  all.length === 1 && !w.isNext("(")
    ? output(w, all[0]!)
    : x.bracketed(w, ["(", ")"], all, (o) => output(w, o));

const isStatements = (body: ast.BlockDeclaration["body"]): body is readonly ast.Statement[] =>
  Array.isArray(body);

const blockDeclaration = (w: Words, given: ast.BlockDeclaration): Doc =>
  concat(
    concat(w.token("block", given.docs), " ", w.token(given.name.text)),
    parameters(w, given.parameters),
    x.annotations(w, given.annotations),
    isStatements(given.body)
      ? block(w, given.body)
      : concat(" ", w.token("="), x.body(w, given.body)),
  );

const model = (w: Words, given: ast.ModelDeclaration): Doc =>
  concat(
    concat(w.token("model", given.docs), " ", w.token(given.name.text), x.label(w, given.label)),
    parameters(w, given.parameters),
    concat(" ", w.token("->"), " ", outputs(w, given.outputs)),
    x.annotations(w, given.annotations),
    block(w, given.body),
  );

function declaration(w: Words, given: ast.Declaration): Doc {
  switch (given.kind) {
    case "import":
      return concat(
        concat(w.token("import"), " ", x.string(w, given.file)),
        given.name ? concat(" ", w.token("as"), " ", w.token(given.name.text)) : "",
      );
    case "block":
      return blockDeclaration(w, given);
    case "model":
      return model(w, given);
    default:
      return binding(w, given);
  }
}

/** Imports stand together, and so do values; there is an empty line between all others. */
function isApart({ kind }: ast.Declaration, { kind: before }: ast.Declaration): boolean {
  const isValue = (k: string) => k === "let" || k === "var";
  return !(kind === "import" && before === "import") && !(isValue(kind) && isValue(before));
}

/**
 * @param written the text that the tree was read from, for its comments and empty lines, and for
 * strings and brackets as they are there
 */
export function printFile(file: ast.SourceFile, written?: Written): string {
  const w = new Words(written);
  const lines = listed(w, file.declarations, (d) => declaration(w, d), isApart);
  return lines.length === 0 ? "" : `${layOut(below(lines), columnsMax)}\n`;
}
