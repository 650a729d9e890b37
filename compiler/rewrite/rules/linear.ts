/** Before and after: lowered operators. Linear layers with several axes of rows, and parts of them. */
import { type Attrs, constant, constantOf, num, type Value } from "../../ir/graph.ts";
import { int64s, numbers } from "../../ir/tensor.ts";
import { elementCount } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { normalAxis } from "../../ops/operator.ts";
import type { Rule } from "../engine.ts";
import { any, constant as constantPattern, op } from "../pattern.ts";

const ints = (list: readonly number[]): Value => constant(int64s(list));

/** A product with weights whose rows are shown with several axes, and then a bias is added. */
const biasThroughReshape: Rule = {
  name: "bias-of-reshaped-product",
  example: `graph imported "g" {
    %0: float32[6, 4] = Input
    %1: float32[3, 4] = Constant random 1
    %2: float32[6, 3] = FullyConnected(%0, %1)
    %3: int64[3] = Constant [2, 3, 3]
    %4: float32[2, 3, 3] = Reshape(%2, %3)
    %5: float32[3] = Constant random 2
    %6: float32[2, 3, 3] = Add(%4, %5)
    return %6 as "y"
  }`,
  pattern: op(
    "Add",
    [
      op(
        "Reshape",
        [
          op("FullyConnected", [any("x"), any("w")], {
            as: "product",
            onlyUse: true,
            where: ({ attrs }) => attrs.clamp_min === undefined && attrs.clamp_max === undefined,
          }),
          any("shape"),
        ],
        { onlyUse: true },
      ),
      constantPattern("bias"),
    ],
    {
      commutative: true,
      where: ({ outputs, inputs }) =>
        outputs[0]!.type.elem === "float32" && inputs.some((v) => constantOf(v)),
    },
  ),
  replace: (m) => {
    const [product, bias] = [m.node("product").outputs[0]!, m.value("bias")];
    const filters = product.type.shape[1]!;
    const { shape, elem } = m.root.outputs[0]!.type;
    const isLast =
      shape.at(-1) === filters && elementCount(shape) === elementCount(product.type.shape);
    if (!isLast || product.type.elem !== elem) return undefined;
    if (bias.type.shape.at(-1) !== filters || elementCount(bias.type.shape) !== filters)
      return undefined;
    const own = build("Reshape", [bias, ints([filters])]);
    const operands = [m.value("x"), m.value("w"), own];
    const attrs = { ...m.attrs("product"), ...clampsOf(m.root.attrs) };
    const y = build("FullyConnected", operands, attrs, { origins: m.origins });
    return build("Reshape", [y, ints(shape)]);
  },
};

/** What an Add clamps its result to. */
const clampsOf = ({ clamp_min: low, clamp_max: high }: Attrs): Attrs => ({
  ...(low !== undefined && { clamp_min: low }),
  ...(high !== undefined && { clamp_max: high }),
});

/** One slice of a tensor lies in its memory where no longer axis is before it. */
const gatherOne: Rule = {
  name: "gather-of-one-to-slice",
  example: `graph imported "g" {
    %0: float32[3, 4] = Input
    %1: int64[] = Constant [-1]
    %2: float32[4] = Gather(%0, %1) {axis: 0}
    return %2 as "y"
  }`,
  pattern: op("Gather", [any("x"), constantPattern("index")], {
    where: ({ inputs: [x, index], attrs }) =>
      elementCount(index!.type.shape) === 1 &&
      elementCount(
        x!.type.shape.slice(0, normalAxis(num({ attrs }, "axis"), x!.type.shape.length)),
      ) === 1,
  }),
  replace: ({ root, origins }) => {
    const [x, index] = root.inputs as [Value, Value];
    const axis = normalAxis(num(root, "axis"), x.type.shape.length);
    const size = x.type.shape[axis]!;
    const at = normalAxis(numbers(constantOf(index)!)[0]!, size, "index");
    const piece = build("Slice", [x, ints([at]), ints([at + 1]), ints([axis])], {}, { origins });
    return build("Reshape", [piece, ints(root.outputs[0]!.type.shape)], {}, { origins });
  },
};

export const linearRules: readonly Rule[] = [biasThroughReshape, gatherOne];
