/** Calls → statements: chains as pipes, repeated calls as loops, the rest by name. */
import type * as ast from "../../language/ast.ts";
import { isKeyword } from "../../language/keywords.ts";
import type { Block } from "./fold.ts";
import { type Atom, type Field, type Item, isInitial, isWord, type Wire } from "./items.ts";
import * as tree from "./tree.ts";
import { Unifier } from "./unify.ts";

/** Calls in a row, at the least, that become a loop. */
const roundsMin = 4;

/** Names that are not taken, for what a scope binds. */
export class Names {
  readonly #taken: Set<string>;
  #count = 0;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  next(): string {
    let name: string;
    do name = `t${++this.#count}`;
    while (this.#taken.has(name));
    this.#taken.add(name);
    return name;
  }
}

function atomExpr(value: Atom): ast.Expr {
  if (typeof value === "number")
    return tree.number(Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf");
  if (typeof value === "boolean") return tree.boolean(value);
  if (typeof value === "string")
    return isWord(value) ? tree.reference(value) : tree.string([value]);
  return tree.list((value as readonly Atom[]).map(atomExpr));
}

function templateOf(field: Field): ast.Template {
  if (field.kind !== "name") return tree.string([fieldExpr(field)]);
  const parts: (string | ast.Expr)[] = [];
  let text = field.texts[0]!;
  field.numbers.forEach((number, i) => {
    if (number.kind === "atom") text += `${number.value as number}${field.texts[i + 1]}`;
    else {
      parts.push(text, fieldExpr(number));
      text = field.texts[i + 1]!;
    }
  });
  return tree.string([...parts, text].filter((p) => p !== ""));
}

/** A field as an expression. */
export function fieldExpr(field: Field): ast.Expr {
  switch (field.kind) {
    case "atom":
      return atomExpr(field.value);
    case "name":
      return templateOf(field);
    case "list":
      return tree.list(field.items.map(fieldExpr));
    case "type": {
      const elem = tree.reference(field.elem);
      const type = field.dims ? tree.index(elem, field.dims.map(fieldExpr)) : elem;
      const [scale, zero] = field.quant;
      if (!scale || !zero) return type;
      const args = [
        { name: "scale", value: fieldExpr(scale) },
        { name: "zero", value: fieldExpr(zero) },
      ];
      return tree.call(type, args);
    }
    case "parameter": {
      const of = tree.reference(field.name);
      if (field.plus === 0) return of;
      return tree.sum(of, field.plus > 0 ? "+" : "-", tree.number(String(Math.abs(field.plus))));
    }
  }
}

/** The name of a layer. */
export function labelOf(field: Field): ast.Label {
  const template = templateOf(field);
  const [only] = template.parts;
  const isPlain =
    template.parts.length === 1 && typeof only === "string" && /^[A-Za-z_]\w*$/.test(only);
  return isPlain && !isKeyword(only) ? tree.name(only) : template;
}

/** What a value is called where it is read. */
type Scope = Map<Wire, ast.Expr>;

/** A call of an item; the first argument is left out where a pipe gives it. */
function callOf(item: Item, scope: Scope, isStage: boolean): ast.Expr {
  const { takes, fields, fieldNames } = item;
  const tensors: tree.NamedExpr[] = [];
  for (let i = 0; i < takes.length; i++) {
    const name = item.arguments[i];
    if (!name?.endsWith("*")) {
      tensors.push({ name, value: scope.get(takes[i]!)! });
      continue;
    }
    const list: ast.Expr[] = [];
    for (; i < takes.length && item.arguments[i] === name; i++) list.push(scope.get(takes[i]!)!);
    i--;
    tensors.push({ name: name.slice(0, -1) || undefined, value: tree.list(list) });
  }
  const plain = fields.flatMap((field, f) =>
    fieldNames[f] === "" || isInitial(item, f)
      ? []
      : [{ name: fieldNames[f], value: fieldExpr(field) }],
  );
  const label = fieldNames.indexOf("");
  const path = item.callee.split(".");
  const callee = path
    .slice(1)
    .reduce((of, text) => tree.member(of, text), tree.reference(path[0]!));
  // What goes by place stands before what goes by name.
  const args = [...tensors, ...plain];
  const ordered = [...args.filter((a) => !a.name), ...args.filter((a) => a.name)];
  const call = tree.call(callee, isStage ? ordered.slice(1) : ordered, isStage);
  return tree.marked(call, label < 0 ? undefined : labelOf(fields[label]!));
}

const infix: Readonly<Record<string, "+" | "-" | "*" | "/">> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
};

/** The item as it stands alone: `(a + b) as sum`, or a call. */
function alone(item: Item, scope: Scope): ast.Expr {
  const operator = infix[item.callee];
  const [a, b] = item.takes;
  if (!operator || !a || !b || item.fieldNames.some((n) => n !== ""))
    return callOf(item, scope, false);
  const sum = tree.sum(scope.get(a)!, operator, scope.get(b)!);
  return item.fields.length === 0 ? sum : tree.marked(tree.group(sum), labelOf(item.fields[0]!));
}

const isFirstByPlace = (item: Item): boolean =>
  item.takes.length > 0 && item.arguments[0] === undefined;

/** Whether an item can be the next stage of a pipe that ends in a value. */
const follows = (item: Item, wire: Wire, uses: ReadonlyMap<Wire, number>): boolean =>
  isFirstByPlace(item) && item.takes[0] === wire && uses.get(wire) === 1;

/** What stands where it is read. */
const isConstant = ({ callee }: Item): boolean => callee === "parameter" || callee === "constant";

/** How often values are read; a value that leaves the scope is read once more. */
function usesOf(items: readonly Item[], exports: readonly Wire[]): Map<Wire, number> {
  const uses = new Map<Wire, number>();
  for (const wire of [...items.flatMap((i) => i.takes), ...exports])
    uses.set(wire, (uses.get(wire) ?? 0) + 1);
  return uses;
}

/** The longest run of calls of one kind from an index on, that a loop can make. */
function runFrom(
  items: readonly Item[],
  begin: number,
  uses: ReadonlyMap<Wire, number>,
): readonly Item[] {
  const first = items[begin]!;
  const run = [first];
  for (let i = begin + 1; i < items.length; i++) {
    const [last, item] = [run.at(-1)!, items[i]!];
    const same =
      item.key === first.key &&
      last.makes.length === 1 &&
      follows(item, last.makes[0]!, uses) &&
      item.takes.slice(1).every((w, t) => w === first.takes[t + 1]);
    if (!same) break;
    run.push(item);
  }
  return run;
}

export interface Rendered {
  readonly statements: readonly ast.Statement[];
  /** The values that leave the scope, in their order. */
  readonly results: readonly ast.Expr[];
}

/** Renders the calls of a scope. */
export class Renderer {
  readonly #scope: Scope = new Map();
  readonly #names: Names;
  readonly #statements: ast.Statement[] = [];
  readonly #uses: ReadonlyMap<Wire, number>;
  #pipe: { first: ast.Expr; stages: ast.Expr[]; wire: Wire } | undefined;

  constructor(
    items: readonly Item[],
    inputs: ReadonlyMap<Wire, string>,
    exports: readonly Wire[],
    names: Names,
  ) {
    this.#names = names;
    this.#uses = usesOf(items, exports);
    for (const [wire, name] of inputs) this.#scope.set(wire, tree.reference(name));
    for (let i = 0; i < items.length; ) {
      const run = runFrom(items, i, this.#uses);
      if (run.length >= roundsMin) this.#loop(run);
      else this.#item(items[i]!);
      i += run.length >= roundsMin ? run.length : 1;
    }
  }

  rendered(exports: readonly Wire[]): Rendered {
    const last = this.#pipe;
    const isLast =
      last && exports.length === 1 && exports[0] === last.wire && this.#uses.get(last.wire) === 1;
    if (isLast) {
      this.#pipe = undefined;
      return { statements: this.#statements, results: [tree.pipe(last.first, last.stages)] };
    }
    this.#flush();
    return { statements: this.#statements, results: exports.map((w) => this.#scope.get(w)!) };
  }

  /** Gives the value of the pipe that is being written a name. */
  #flush(): void {
    if (!this.#pipe) return;
    const { first, stages, wire } = this.#pipe;
    this.#pipe = undefined;
    if (stages.length === 0 && first.kind === "reference") {
      this.#scope.set(wire, first);
      return;
    }
    const name = this.#uses.has(wire) ? this.#names.next() : "_";
    this.#statements.push(tree.bind("let", [name], tree.pipe(first, stages)));
    this.#scope.set(wire, tree.reference(name));
  }

  #item(item: Item): void {
    const [wire] = item.makes;
    if (isConstant(item) && this.#uses.get(wire!) === 1) {
      this.#scope.set(wire!, callOf(item, this.#scope, false));
      return;
    }
    if (item.makes.length > 1) {
      this.#flush();
      const names = item.makes.map((w) => (this.#uses.has(w) ? this.#names.next() : "_"));
      this.#statements.push(tree.bind("let", names, callOf(item, this.#scope, false)));
      item.makes.forEach((w, i) => this.#scope.set(w, tree.reference(names[i]!)));
      return;
    }
    const before = this.#pipe;
    if (
      before &&
      follows(item, before.wire, this.#uses) &&
      !item.takes.slice(1).includes(before.wire)
    ) {
      before.stages.push(callOf(item, this.#scope, true));
      before.wire = wire!;
      return;
    }
    this.#flush();
    const isPiped = isFirstByPlace(item) && !infix[item.callee];
    this.#pipe = isPiped
      ? {
          first: this.#scope.get(item.takes[0]!)!,
          stages: [callOf(item, this.#scope, true)],
          wire: wire!,
        }
      : { first: alone(item, this.#scope), stages: [], wire: wire! };
  }

  /** `for a, b in [(1, 2), …] { x = block(x, a, b) }` */
  #loop(items: readonly Item[]): void {
    const [first] = items as [Item];
    const last = items.at(-1)!;
    this.#flush();
    const unifier = new Unifier();
    const fields = first.fields.map((_, f) =>
      unifier.field(
        items.map((i) => i.fields[f]!),
        first.hints[f]!,
      ),
    );
    const running = this.#names.next();
    const start = this.#scope.get(first.takes[0]!)!;
    this.#statements.push(tree.bind("var", [running], start));
    const inside: Scope = new Map(this.#scope);
    inside.set(first.takes[0]!, tree.reference(running));
    const value = callOf({ ...first, fields }, inside, false);
    const { columns } = unifier;
    const rows = items.map((_, r) => tree.tuple(columns.map((c) => fieldExpr(c.values[r]!))));
    const over =
      columns.length === 0
        ? tree.sum(tree.number("0"), ".." as "+", tree.number(String(items.length)))
        : tree.list(rows);
    const names = columns.length === 0 ? ["_"] : columns.map((c) => c.name);
    const body = [tree.assign(running, value)];
    this.#statements.push(tree.forEach([tree.pattern(names)], over, body));
    this.#scope.set(last.makes[0]!, tree.reference(running));
  }
}

/** A block's declaration. */
export function renderBlock(block: Block): ast.BlockDeclaration {
  const { takes, makes, parameters, body } = block;
  const taken = new Names(parameters);
  const inputs = new Map(takes.map((wire) => [wire, taken.next()]));
  const names = [...inputs.values(), ...parameters];
  const { statements, results } = new Renderer(body, inputs, makes, taken).rendered(makes);
  const value = tree.tuple(results);
  return tree.block(
    block.name,
    names,
    statements.length === 0 ? value : [...statements, tree.result(value)],
  );
}
