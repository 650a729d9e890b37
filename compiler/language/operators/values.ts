/** Tensors that a model says itself: numbers in the text, and parameters by name. */
import { tensorOf } from "../../ir/tensor.ts";
import { elementCount } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import type { LayerOperator } from "./operator.ts";

/** More numbers than this belong into a file. */
const elementsMax = 2 ** 20;

const constant: LayerOperator = {
  name: "constant",
  docs: "numbers as a tensor of a type: constant(int64[2], [1, 64])",
  args: [
    { name: "type", kinds: ["type"] },
    { name: "values", kinds: ["numbers"] },
  ],
  build: (call) => {
    const { elem, shape } = call.type("type");
    const { values } = call.values("values");
    const count = elementCount(shape);
    if (!(count <= elementsMax))
      fail(`[${shape.join(", ")}] has more than ${elementsMax} elements`);
    if (values.length !== count && values.length !== 1)
      fail(`${values.length} numbers do not fill [${shape.join(", ")}], which has ${count}`);
    const all = values.length === count ? values : Array.from({ length: count }, () => values[0]!);
    return [call.literal(tensorOf(elem, shape, all))];
  },
};

const parameter: LayerOperator = {
  name: "parameter",
  docs: 'a tensor of the weights file by its name: parameter("position", float[1, 40, 16])',
  args: [
    { name: "name", kinds: ["string"] },
    { name: "type", kinds: ["type"] },
    { name: "axis", kinds: ["int"], named: true, optional: true },
  ],
  build: (call) => {
    const name = call.plain<string>("name");
    const axis = call.maybePlain<number>("axis") ?? -1;
    return [
      call.namedParameter({ name, axis, role: "scale", isStored: true, ...call.type("type") }),
    ];
  },
};

export const values: readonly LayerOperator[] = [constant, parameter];
