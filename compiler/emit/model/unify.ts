/** What is the same in calls of one kind, and what becomes a parameter. */
import { layerOperators } from "../../language/operators/table.ts";
import { type Atom, atomText, type Field } from "./items.ts";

/** Values of a parameter, one for each call of the block. */
export interface Column {
  readonly name: string;
  readonly values: readonly Field[];
}

const sameAtom = (a: Atom, b: Atom): boolean => atomText(a) === atomText(b);

function sameField(a: Field, b: Field): boolean {
  if (a.kind === "atom" && b.kind === "atom") return sameAtom(a.value, b.value);
  if (a.kind === "parameter" && b.kind === "parameter")
    return a.name === b.name && a.plus === b.plus;
  const sameAll = (x: readonly Field[], y: readonly Field[]) =>
    x.length === y.length && x.every((f, i) => sameField(f, y[i]!));
  if (a.kind === "type" && b.kind === "type")
    return a.elem === b.elem && sameAll(a.dims ?? [], b.dims ?? []) && sameAll(a.quant, b.quant);
  if (a.kind === "list" && b.kind === "list") return sameAll(a.items, b.items);
  if (a.kind !== "name" || b.kind !== "name") return false;
  return (
    a.texts.length === b.texts.length &&
    a.texts.every((t, i) => t === b.texts[i]) &&
    a.numbers.every((n, i) => sameField(n, b.numbers[i]!))
  );
}

type TypeField = Extract<Field, { kind: "type" }>;
type ListField = Extract<Field, { kind: "list" }>;

const lengthOf = (f: Field): number => (f.kind === "list" ? f.items.length : -1);

const isAlike = (values: readonly Field[], { elem, dims, quant }: TypeField): boolean =>
  values.every(
    (v) =>
      v.kind === "type" &&
      v.elem === elem &&
      v.dims?.length === dims?.length &&
      v.quant.length === quant.length,
  );

const isSkeleton = (fields: readonly Field[]): boolean => {
  const [first] = fields;
  return (
    first?.kind === "name" &&
    fields.every(
      (f) =>
        f.kind === "name" &&
        f.texts.length === first.texts.length &&
        f.texts.every((t, i) => t === first.texts[i]),
    )
  );
};

const wholeNumber = (f: Field): number | undefined =>
  f.kind === "atom" && typeof f.value === "number" && Number.isInteger(f.value)
    ? f.value
    : undefined;

/** By how much whole numbers lie above others, if by the same everywhere. */
function offset(values: readonly Field[], from: readonly Field[]): number | undefined {
  const by = values.map((v, i) => {
    const [a, b] = [wholeNumber(v), wholeNumber(from[i]!)];
    return a === undefined || b === undefined ? Number.NaN : a - b;
  });
  return by.every((d) => d === by[0]) ? by[0] : undefined;
}

/** Gathers parameters while fields of several calls become those of one. */
export class Unifier {
  readonly columns: Column[] = [];
  readonly #taken = new Set<string>();

  #nameFor(hint: string): string {
    const word = /^[a-z_]\w*$/i.test(hint) ? hint.replace(/\d+$/, "") : "n";
    const base = layerOperators.has(word) ? `${word}s` : word;
    let name = base;
    for (let i = 2; this.#taken.has(name); i++) name = `${base}${i}`;
    this.#taken.add(name);
    return name;
  }

  /** @param isCounter whether a number may be told by another that runs with it. */
  #parameter(values: readonly Field[], hint: string, isCounter: boolean): Field {
    for (const column of this.columns) {
      const same = values.every((v, i) => sameField(v, column.values[i]!));
      const plus = same ? 0 : isCounter ? offset(values, column.values) : undefined;
      if (plus !== undefined) return { kind: "parameter", name: column.name, plus };
    }
    const name = this.#nameFor(hint);
    this.columns.push({ name, values });
    return { kind: "parameter", name, plus: 0 };
  }

  /** The field that stands for those of all calls. */
  field(values: readonly Field[], hint: string, isCounter = false): Field {
    const [first] = values as [Field];
    if (values.every((v) => sameField(v, first))) return first;
    const each = (list: readonly Field[], of: (f: Field) => readonly Field[], hints: string[]) =>
      list.map((_, i) =>
        this.field(
          values.map((v) => of(v)[i]!),
          hints[i] ?? hints[0]!,
        ),
      );
    if (first.kind === "type" && isAlike(values, first))
      return {
        ...first,
        dims: first.dims && each(first.dims, (v) => (v as TypeField).dims!, ["size"]),
        quant: each(first.quant, (v) => (v as TypeField).quant, ["scale", "zero"]),
      };
    if (first.kind === "list" && values.every((v) => lengthOf(v) === first.items.length))
      return { ...first, items: each(first.items, (v) => (v as ListField).items, ["name"]) };
    if (!isSkeleton(values)) return this.#parameter(values, hint, isCounter);
    const names = values as Extract<Field, { kind: "name" }>[];
    const [{ texts, numbers }] = names as [Extract<Field, { kind: "name" }>];
    return {
      kind: "name",
      texts,
      numbers: numbers.map((_, n) =>
        this.field(
          names.map((f) => f.numbers[n]!),
          "n",
          true,
        ),
      ),
    };
  }
}
