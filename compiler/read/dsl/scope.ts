/** Names and what they stand for, from the file in. */
import { redeclared } from "../../diagnostics.ts";
import type { TensorType } from "../../ir/types.ts";
import type { Annotation, Label, Name, Span } from "../../language/ast.ts";
import { type Frame, placeOf } from "./problems.ts";
import type { Session } from "./session.ts";
import type { Site, Source } from "./source.ts";
import type { Datum, FileScope } from "./values.ts";

export type BindingKind = "value" | "variable" | "output" | "parameter" | "input" | "state";

export interface Binding {
  readonly name: Name;
  readonly kind: BindingKind;
  /** Absent until it is given, and after an error in what gives it. */
  datum: Datum | undefined;
  /** Whether an error left it without a value. */
  isBroken: boolean;
  /** Of a state: the type that all its values have, and where that is said. */
  keeps?: { readonly type: TensorType; readonly site: Site };
}

export class Scope {
  readonly #parent: Scope | undefined;
  readonly #bindings = new Map<string, Binding>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#parent?.find(name);
  }

  *names(): Iterable<string> {
    yield* this.#bindings.keys();
    if (this.#parent) yield* this.#parent.names();
  }

  own(): Iterable<Binding> {
    return this.#bindings.values();
  }

  declare(
    name: Name,
    kind: BindingKind,
    datum: Datum | undefined,
    { session, source }: { readonly session: Session; readonly source: Source },
  ): Binding {
    const other = this.#bindings.get(name.text);
    if (other && name.text !== "_") {
      const { line } = source.position(other.name.start);
      session.problems.add(redeclared(placeOf({ source, span: name }), name.text, line));
    }
    const binding: Binding = { name, kind, datum, isBroken: false };
    this.#bindings.set(name.text, binding);
    session.declared(name, kind, source);
    if (datum !== undefined) session.saw(name, datum, source);
    return binding;
  }
}

/** Where evaluation is: what is seen, and what layers made here are called. */
export interface Context {
  readonly session: Session;
  readonly source: Source;
  readonly file: FileScope;
  readonly scope: Scope;
  /** Names of the blocks around, joined by points. */
  readonly path: string;
  readonly frame: Frame | undefined;
}

export const siteOf = ({ source }: Context, span: Span): Site => ({ source, span });

/** An argument with where it stands. */
export interface Given {
  readonly name?: Name | undefined;
  readonly datum: Datum;
  readonly site: Site;
}

/** What stands behind an operation: its name, and what the compiler is told of it. */
export interface Mark {
  readonly label?: Label | undefined;
  readonly annotations: readonly Annotation[];
}
