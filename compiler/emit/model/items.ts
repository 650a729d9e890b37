/** A network as a list of calls, in an order in which they can run. */

/** A value that a call makes or takes; its identity is all that counts. */
export interface Wire {
  /** As it is called in the model, where it must be. */
  readonly name?: string;
}

/** Something that may differ between calls that are otherwise the same. */
export type Atom = number | string | boolean | readonly number[] | readonly string[];

/** What fields of a block's calls are made of: the block's parameters, or text around numbers. */
export type Field =
  | { readonly kind: "atom"; readonly value: Atom }
  /** A name: text and numbers in turns, beginning and ending with text. */
  | { readonly kind: "name"; readonly texts: readonly string[]; readonly numbers: readonly Field[] }
  | {
      readonly kind: "type";
      readonly elem: string;
      /** None for an element type alone. */
      readonly dims: readonly Field[] | undefined;
      /** Scale and zero point. */
      readonly quant: readonly Field[];
    }
  | { readonly kind: "list"; readonly items: readonly Field[] }
  | { readonly kind: "parameter"; readonly name: string; readonly plus: number };

export interface Item {
  readonly callee: string;
  /** Equal for calls of one kind: the callee, and what arguments there are. */
  readonly key: string;
  /** Arguments that values are given for, in the order of `takes`; undefined names go by place. */
  readonly arguments: readonly (string | undefined)[];
  readonly takes: readonly Wire[];
  readonly makes: readonly Wire[];
  /** Arguments that fields are given for, as those of values; "" is the call's own name. */
  readonly fieldNames: readonly (string | undefined)[];
  readonly fields: readonly Field[];
  /** What the fields are of the callee, for names of parameters. */
  readonly hints: readonly string[];
  /** What the callee takes where a field is not written. */
  readonly initials: readonly (Atom | undefined)[];
}

/** Words that stand for strings in the language. */
export const isWord = (text: string): boolean => text === "same" || text === "valid";

export const atom = (value: Atom): Field => ({ kind: "atom", value });

/** A text with its numbers apart, so that names that count can be told by a counter. */
export function nameField(text: string): Field {
  const texts: string[] = [];
  const numbers: Field[] = [];
  let end = 0;
  for (const match of text.matchAll(/0|[1-9]\d{0,8}(?!\d)/g)) {
    if (
      /\d$/.test(text.slice(0, match.index)) ||
      /^\d/.test(text.slice(match.index + match[0].length))
    )
      continue;
    texts.push(text.slice(end, match.index));
    numbers.push(atom(Number(match[0])));
    end = match.index + match[0].length;
  }
  return { kind: "name", texts: [...texts, text.slice(end)], numbers };
}

const numberText = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

export function atomText(value: Atom): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "object") return `[${value.map((v) => atomText(v)).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Roughly as long as it will be written. */
export function fieldLength(field: Field): number {
  if (field.kind === "parameter") return field.name.length + (field.plus === 0 ? 0 : 4);
  if (field.kind === "atom") return atomText(field.value).length;
  if (field.kind === "list") return field.items.reduce((n, f) => n + 2 + fieldLength(f), 2);
  if (field.kind === "type")
    return [...(field.dims ?? []), ...field.quant].reduce(
      (n, f) => n + 2 + fieldLength(f),
      field.elem.length,
    );
  return (
    2 +
    field.texts.reduce((n, t) => n + t.length, 0) +
    field.numbers.reduce((n, f) => n + fieldLength(f), 0)
  );
}

/** Whether a field need not be written. */
export const isInitial = ({ fields, initials }: Item, f: number): boolean => {
  const [field, initial] = [fields[f]!, initials[f]];
  return (
    initial !== undefined && field.kind === "atom" && atomText(field.value) === atomText(initial)
  );
};

export const itemLength = (item: Item): number =>
  8 +
  item.callee.length +
  4 * item.takes.length +
  item.fields.reduce((n, f, i) => n + (isInitial(item, i) ? 0 : 4 + fieldLength(f)), 0);
