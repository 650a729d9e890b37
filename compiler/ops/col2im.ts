/** Col2Im: blocks of an image put back, and added where they meet. */
import { type Attrs, ints } from "../ir/graph.ts";
import { numbers, tensorOf } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { constantInts } from "./move.ts";
import {
  declaredAttr,
  declaredShape,
  fail,
  floats,
  type InferContext,
  type Operator,
} from "./operator.ts";
import { windowTaps } from "./spatial.ts";
import { type Window, windowDefaults, windowOf } from "./window.ts";

/** The window whose outputs are the blocks, or nothing where the block is larger than the image. */
function blockWindow(attrs: Attrs, image: readonly number[], block: readonly number[]): Window {
  if (ints({ attrs }, "kernel_shape").length > 0) fail("'kernel_shape' is an input");
  return windowOf(attrs, image, block);
}

function imageShape(x: Shape, image: readonly number[], block: readonly number[], attrs: Attrs) {
  if (x.length !== 3) fail(`the blocks have rank ${x.length} instead of 3`);
  const { output } = blockWindow(attrs, image, block);
  const taps = elementCount(block);
  if (x[1]! % taps !== 0 || elementCount(output) !== x[2])
    fail(`[${output}] blocks of [${block}] do not fit an input of shape [${x}]`);
  return [x[0]!, x[1]! / taps, ...image];
}

/** Of sizes that are read at run time what the shapes say must fit. */
function checkDeclared(declared: Shape, { inputs: [x, ...sizes] }: InferContext): void {
  const [batch, channels, ...image] = declared;
  if (x!.shape.length !== 3 || x!.shape[0] !== batch || x!.shape[1]! % channels! !== 0)
    fail(`blocks of shape [${x!.shape}] do not make images of shape [${declared}]`);
  const odd = sizes.find((t) => elementCount(t!.shape) !== image.length);
  if (odd) fail(`sizes of shape [${odd.shape}] are not those of ${image.length} axes`);
}

/** The window of blocks of run time, or nothing where these do not fit the input. */
function windowAt(x: Shape, block: readonly number[], image: Shape, attrs: Attrs) {
  if (block.some((b) => b < 1 || b > x[1]!)) return undefined;
  const extents = block.map((b, i) => (b - 1) * (ints({ attrs }, "dilations")[i] ?? 1) + 1);
  const pads = ints({ attrs }, "pads");
  const spans = image.map((d, i) => d + (pads[i] ?? 0) + (pads[i + image.length] ?? 0));
  if (extents.some((extent, i) => extent > spans[i]!)) return undefined;
  const window = windowOf(attrs, image, block);
  return elementCount(window.output) === x[2] ? window : undefined;
}

/** input [N, C·taps, blocks] → [N, C, image…]. */
const col2im: Operator = {
  name: "Col2Im",
  level: "any",
  inputs: ["input: T", "image_shape: I", "block_shape: I"],
  outputs: 1,
  attrs: { dilations: "ints", pads: "ints", strides: "ints", ...declaredAttr },
  defaults: windowDefaults,
  types: { T: floats, I: ["int64"] },
  declares: { inputs: [1, 2] },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const declared = declaredShape(context);
    if (declared) {
      checkDeclared(declared, context);
      return [{ elem, shape: declared }];
    }
    const image = constantInts(context, 1, "image_shape");
    const block = constantInts(context, 2, "block_shape");
    return [{ elem, shape: imageShape(shape, image, block, context.attrs) }];
  },
  evaluate: ({ inputs: [x, , block], attrs, types }) => {
    const { elem, shape } = types[0]!;
    const [image, size] = [shape.slice(2), elementCount(shape.slice(2))];
    const window = windowAt(x!.shape, Array.from(numbers(block!)), image, attrs);
    if (!window || elementCount(window.kernel) * shape[1]! !== x!.shape[1])
      return [tensorOf(elem, shape, new Float64Array(elementCount(shape)))];
    const at = windowTaps(window, image);
    const [taps, blocks] = [elementCount(window.kernel), elementCount(window.output)];
    const sums = new Float64Array(elementCount(shape));
    const from = numbers(x!);
    for (let plane = 0; plane < shape[0]! * shape[1]!; plane++)
      for (let b = 0; b < blocks; b++)
        for (let k = 0; k < taps; k++) {
          const to = at[b * taps + k]!;
          if (to >= 0) sums[plane * size + to]! += from[(plane * taps + k) * blocks + b]!;
        }
    return [tensorOf(elem, shape, sums)];
  },
};

export const col2imOperators: readonly Operator[] = [col2im];
