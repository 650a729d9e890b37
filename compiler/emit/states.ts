/** States in C: what they begin as, and what a run leaves in them. */
import { constantOf, type Graph, type Value } from "../ir/graph.ts";
import { type State, statesOf } from "../ir/states.ts";
import { type Tensor, tensorBytes } from "../ir/tensor.ts";
import { elementCount, typeBytes, typeText } from "../ir/types.ts";
import { weightsArray } from "../kernels/kernel.ts";
import { commentText } from "./c.ts";
import type { Constants } from "./constants.ts";
import { Addresses } from "./place.ts";

/** The byte that all of a tensor's are. */
function onlyByte(tensor: Tensor): number | undefined {
  const bytes = tensorBytes(tensor);
  return bytes.every((b) => b === bytes[0]) ? (bytes[0] ?? 0) : undefined;
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

const meet = (a: Span, b: Span): boolean => a.begin < b.end && b.begin < a.end;

class StateWriter {
  readonly #graph: Graph<"planned">;
  readonly #addresses: Addresses;
  readonly #constants: Constants;
  readonly #states: readonly State[];

  constructor(graph: Graph<"planned">, prefix: string, constants: Constants) {
    this.#graph = graph;
    this.#addresses = new Addresses(graph.plan, prefix);
    this.#constants = constants;
    this.#states = statesOf(graph).filter((s) => elementCount(s.value.type.shape) > 0);
  }

  #spanOf(value: Value): Span | undefined {
    const place = this.#graph.plan.places.get(value);
    return place && { begin: place.offset, end: place.offset + typeBytes(value.type) };
  }

  #addressOf(value: Value, constantName: string): string {
    const place = this.#graph.plan.places.get(value);
    if (place) return this.#addresses.of(value, place);
    return this.#array(constantOf(value)!, constantName);
  }

  #array({ elem, data }: Tensor, name: string): string {
    return this.#constants.name(weightsArray("initial", elem, data), name);
  }

  begins(): string[] {
    return this.#states.flatMap(({ value, initial }) => {
      const to = this.#addressOf(value, value.name);
      const byte = onlyByte(initial);
      const bytes = typeBytes(value.type);
      const text = commentText(`${value.name}, ${typeText(value.type)}`);
      return [
        `    /* ${text} */`,
        byte === undefined
          ? `    memcpy(${to}, ${this.#array(initial, value.name)}, ${bytes}u);`
          : `    memset(${to}, ${byte}, ${bytes}u);`,
      ];
    });
  }

  /** None is written before all that lies in it is read: rewrite/states.ts leaves no circle. */
  #inOrder(): State[] {
    const isThere = ({ value, next }: State) =>
      this.#spanOf(next)?.begin === this.#spanOf(value)!.begin;
    const left = this.#states.filter((s) => !isThere(s));
    const order: State[] = [];
    while (left.length > 0) {
      const isReadLater = ({ value }: State) =>
        left.some((other) => {
          const from = other.value === value ? undefined : this.#spanOf(other.next);
          return from && meet(from, this.#spanOf(value)!);
        });
      const free = left.findIndex((s) => !isReadLater(s));
      if (free < 0) throw new Error("states are exchanged in a circle");
      order.push(...left.splice(free, 1));
    }
    return order;
  }

  ends(): string[] {
    return this.#inOrder().map(({ value, next }) => {
      const [to, from] = [this.#addressOf(value, ""), this.#addressOf(next, value.name)];
      const own = this.#spanOf(next);
      const copy = own && meet(own, this.#spanOf(value)!) ? "memmove" : "memcpy";
      return `    ${copy}(${to}, ${from}, ${typeBytes(value.type)}u);`;
    });
  }
}

/** Statements of init and of the end of a run; none for a network without states. */
export function stateStatements(graph: Graph<"planned">, prefix: string, constants: Constants) {
  const writer = new StateWriter(graph, prefix, constants);
  return { begins: writer.begins().join("\n"), ends: writer.ends().join("\n") };
}
