/** What one check of a model gathers: problems, names, and where nodes come from. */

import type { Diagnostic } from "../../diagnostics.ts";
import { tooMuch, unusedBinding } from "../../diagnostics.ts";
import type { Node } from "../../ir/graph.ts";
import type { Choice } from "../../ir/layers.ts";
import type { BindStatement, Name, Span } from "../../language/ast.ts";
import { NodeMaker } from "../nodes.ts";
import { Once } from "./once.ts";
import type { Parameters } from "./parameters.ts";
import { type Problems, placeOf, Reported } from "./problems.ts";
import type { Site, Source } from "./source.ts";
import type { ModelState } from "./states.ts";
import { type Datum, extentOf, type ModelDatum, type NetworkDatum } from "./values.ts";

/** Expressions that are evaluated, nodes that are made, calls in calls and so on, at the most. */
export const limits = {
  steps: 4_000_000,
  nodes: 50_000,
  depth: 600,
  characters: 65_536,
  /** Of a list and those in it. */
  items: 2_000_000,
  lists: 32,
};

/** The different values of one piece of text. */
export interface Seen {
  readonly source: Source;
  readonly data: Datum[];
}
const seenMax = 8;

/** What the models of one check share. */
export interface Shared {
  readonly problems: Problems;
  /** Steps of evaluation, calls in calls, and elements of parameters. */
  readonly totals: { steps: number; depth: number; elements: number };
  parameters(session: Session): Parameters;
  /** A model that is called, checked in a session of its own. @throws Reported */
  network(model: ModelDatum, site: Site, caller: Session): NetworkDatum;
}

export class Session {
  readonly problems: Problems;
  readonly totals: Shared["totals"];
  readonly maker = new NodeMaker();
  readonly parameters: Parameters;
  /** Of the graph that the model is. */
  level: "imported" | "lowered" = "imported";
  /** By their names. */
  readonly states = new Map<string, ModelState>();
  /** Values at the top of files. */
  readonly lets = new Once<BindStatement, Datum>();
  /** The expression that made a node. */
  readonly sites = new Map<Node, Site>();
  /** What annotations say of layers. */
  readonly choices = {
    kernels: [] as Choice[],
    pools: [] as Choice[],
    float: new Set<string>(),
  };
  /** What names and calls stood for, each time that they were worked out. */
  readonly seen = new Map<Span, Seen>();
  readonly #counts = new Map<string, number>();
  readonly #declared = new Map<Name, { readonly kind: string; readonly source: Source }>();
  readonly #used = new Set<Name>();
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.problems = shared.problems;
    this.totals = shared.totals;
    this.parameters = shared.parameters(this);
  }

  /** The network that another model is. @throws Reported */
  networkOf(model: ModelDatum, site: Site): NetworkDatum {
    return this.#shared.network(model, site, this);
  }

  fail(diagnostic: Diagnostic): never {
    return this.problems.fail(diagnostic);
  }

  /** Counts work, so that no text can keep the compiler busy for long. */
  spend(site: Site, steps = 1): void {
    const { totals } = this;
    if (totals.steps > limits.steps || this.problems.isFull) throw new Reported();
    totals.steps += steps;
    if (totals.steps > limits.steps)
      this.fail(
        tooMuch(
          placeOf(site),
          "The model takes too long to work out",
          "Make loops and lists shorter.",
        ),
      );
  }

  /** Runs something that may lead to more of its kind. */
  within<T>(site: Site, run: () => T): T {
    const { totals } = this;
    if (++totals.depth > limits.depth) {
      totals.depth--;
      return this.fail(tooMuch(placeOf(site), "Calls and expressions are nested too deeply here"));
    }
    try {
      return run();
    } finally {
      totals.depth--;
    }
  }

  /** Refuses lists that would take long to look through. */
  checkExtent(datum: Datum, site: Site): void {
    const { items, depth } = extentOf(datum);
    if (depth > limits.lists)
      this.fail(tooMuch(placeOf(site), `More than ${limits.lists} lists are nested here`));
    if (items > limits.items)
      this.fail(tooMuch(placeOf(site), `The list has more than ${limits.items} items in all`));
  }

  /** Names of the layers that were made after so many nodes. */
  layersSince(count: number): string[] {
    const made = [...this.sites.keys()].slice(count);
    return [...new Set(made.flatMap((n) => n.origins))];
  }

  made(node: Node, site: Site): void {
    this.sites.set(node, site);
    if (this.sites.size > limits.nodes)
      this.fail(tooMuch(placeOf(site), `The model has more than ${limits.nodes} layers`));
  }

  /** A name for a layer that was given none: of its operator, and counted. */
  unnamed(path: string, operator: string): string {
    const base = path === "" ? operator : `${path}.${operator}`;
    const count = this.#counts.get(base) ?? 0;
    this.#counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }

  saw(span: Span, datum: Datum, source: Source): void {
    const seen = this.seen.get(span);
    if (!seen) this.seen.set(span, { source, data: [datum] });
    else if (seen.data.length < seenMax && !seen.data.includes(datum)) seen.data.push(datum);
  }

  declared(name: Name, kind: string, source: Source): void {
    if (!this.#declared.has(name)) this.#declared.set(name, { kind, source });
  }

  used(name: Name): void {
    this.#used.add(name);
  }

  /** Warns of names of a file that nothing reads; one that begins with `_` may go unread. */
  reportUnused(file: Source): void {
    for (const [name, { kind, source }] of this.#declared)
      if (
        source === file &&
        !this.#used.has(name) &&
        !name.text.startsWith("_") &&
        kind !== "output"
      )
        this.problems.add(unusedBinding(placeOf({ source, span: name }), kind, name.text));
  }
}
