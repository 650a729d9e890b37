/** The program's inputs and outputs, without states, as the header describes them. */
import { constantOf, type Graph, type Value } from "../ir/graph.ts";
import { givenInputs, givenOutputs } from "../ir/states.ts";
import { elementCount, integerRange, type TensorType, typeBytes, typeText } from "../ir/types.ts";
import { type ConstantArray, weightsArray } from "../kernels/kernel.ts";
import { commentText, cType, floatLiteral, Identifiers, stringText } from "./c.ts";
import type { Constants } from "./constants.ts";
import { Addresses } from "./place.ts";

/** One input or output, in the words of the templates. */
export interface Port {
  readonly index: number;
  /** The model's name, escaped for a C string. */
  readonly name: string;
  /** The same for a comment. */
  readonly comment: string;
  readonly identifier: string;
  readonly typeText: string;
  readonly typeMacro: string;
  readonly ctype: string;
  readonly rank: number;
  readonly shape: string;
  readonly elements: number;
  readonly bytes: number;
  readonly scale: string | undefined;
  readonly zeroPoint: number | undefined;
  readonly low: number;
  readonly high: number;
  /** An expression for where it lies. */
  readonly address: string;
  /** Of an input that is delivered row by row. */
  readonly rows?: number;
  readonly rowBytes?: number;
}

function port(
  index: number,
  name: string,
  identifier: string,
  type: TensorType,
  address: string,
  rows?: number,
): Port {
  const [low, high] = type.quant ? integerRange(type.elem) : [0, 0];
  const scale = type.quant && floatLiteral(type.quant.scale[0]!);
  return {
    index,
    name: stringText(name),
    comment: commentText(name),
    identifier,
    typeText: typeText(type),
    typeMacro: `MOTE_${type.elem.toUpperCase()}`,
    ctype: cType(type.elem),
    rank: type.shape.length,
    shape: `{${type.shape.join(", ") || 1}}`,
    elements: elementCount(type.shape),
    bytes: typeBytes(type),
    scale,
    zeroPoint: type.quant?.zeroPoint[0],
    low,
    high,
    address,
    ...(rows && { rows, rowBytes: typeBytes(type) / rows }),
  };
}

/** Rows of an input that the application delivers one by one. */
const rowsOf = ({ plan }: Graph<"planned">, value: Value): number | undefined =>
  plan.places.has(value) ? undefined : value.type.shape[1];

const offsetOf = (graph: Graph<"planned">, value: Value): number | undefined =>
  graph.plan.places.get(value)?.offset;

/** @param prefix of the arenas that the caller does not give. */
function arenaAddress(graph: Graph<"planned">, prefix: string, offset: number, type: string) {
  const { name, begin } = new Addresses(graph.plan, prefix).base(offset);
  return name === "a" ? `(${type} *)arena + ${offset}` : `${name} + ${offset - begin}`;
}

export function inputPorts(graph: Graph<"planned">, prefix: string): Port[] {
  const identifiers = new Identifiers();
  return givenInputs(graph).map((value, i) => {
    const offset = offsetOf(graph, value);
    const isHere = offset !== undefined;
    const address = isHere ? arenaAddress(graph, prefix, offset, "unsigned char") : "NULL";
    const name = identifiers.take(value.name);
    return port(i, value.name, name, value.type, address, rowsOf(graph, value));
  });
}

const constantArray = (value: Value): ConstantArray => {
  const tensor = constantOf(value)!;
  return weightsArray("value", tensor.elem, tensor.data);
};

export function outputPorts(graph: Graph<"planned">, prefix: string, constants: Constants): Port[] {
  const identifiers = new Identifiers();
  return givenOutputs(graph).map(({ name, value }, i) => {
    const offset = offsetOf(graph, value);
    const address =
      offset !== undefined
        ? arenaAddress(graph, prefix, offset, "const unsigned char")
        : constants.name(constantArray(value), name);
    return port(i, name, identifiers.take(name), value.type, address);
  });
}
