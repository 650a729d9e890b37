/** Types, shapes and numbers that do not fit: which diagnostic says so. */
import { describe, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { diagnoseModel, expectError } from "../support/failures.ts";
import type { ModelInput } from "../support/onnx.ts";
import { f32, i64, number } from "../support/tensors.ts";
import { type Bad, model, tanh, x } from "./bad.ts";

const types: readonly Bad[] = [
  {
    what: "operands of two types",
    code: 2005,
    says: /Add: 'B' is int64\[1\], but must have the type float32/,
    model: model([{ op: "Add", inputs: ["x", "c"] }], { initializers: { c: i64(1) } }),
  },
  {
    what: "an operand of a wrong type",
    code: 2005,
    says: /Tanh.*int64/,
    model: model([tanh], { inputs: [{ ...x, elem: "int64" }] }),
  },
  {
    what: "too many operands",
    code: 2005,
    says: /Tanh: takes at most 1 input/,
    model: model([{ op: "Tanh", inputs: ["x", "x"] }]),
  },
  {
    what: "too few operands",
    code: 2005,
    says: /Add: lacks its input 'B'/,
    model: model([{ op: "Add", inputs: ["x"] }]),
  },
  {
    what: "an attribute of a wrong kind",
    code: 2005,
    says: /'axis' must be of kind int, not string/,
    model: model([{ op: "Softmax", inputs: ["x"], attrs: { axis: "last" } }]),
  },
  {
    what: "a tensor attribute without its tensor",
    code: 2005,
    says: /'value' must be of kind tensor, not empty/,
    model: model(
      [{ op: "ConstantOfShape", inputs: ["s"], rawAttributes: [{ name: "value", type: 4 }] }],
      {
        initializers: { s: i64(1) },
      },
    ),
  },
  {
    what: "an attribute of a kind that there is not",
    code: 2005,
    says: /'axis' must be of kind int, not number 5/,
    model: model([{ op: "Softmax", inputs: ["x"], rawAttributes: [{ name: "axis", type: 5 }] }]),
  },
  {
    what: "an empty text",
    code: 2005,
    says: /unknown mode ''/,
    model: model([{ op: "Pad", inputs: ["x", "p"], rawAttributes: [{ name: "mode", type: 3 }] }], {
      initializers: { p: i64(0, 0, 0, 0) },
    }),
  },
  {
    what: "shapes that do not broadcast",
    code: 2005,
    says: /cannot broadcast/,
    model: model([{ op: "Add", inputs: ["x", "c"] }], { initializers: { c: f32(1, 2) } }),
  },
  {
    what: "inner sizes that differ",
    code: 2005,
    says: /inner sizes of \[2, 3\] and \[4\] differ/,
    model: model([{ op: "MatMul", inputs: ["x", "c"] }], { initializers: { c: f32(1, 2, 3, 4) } }),
  },
  {
    what: "a convolution of a matrix",
    code: 2005,
    says: /rank 2/,
    model: model([{ op: "Conv", inputs: ["x", "x"] }]),
  },
  {
    what: "an axis out of range",
    code: 2005,
    says: /axis 2 is outside a tensor of rank 2/,
    model: model([{ op: "Softmax", inputs: ["x"], attrs: { axis: 2 } }]),
  },
  {
    what: "a Reshape that does not fit",
    code: 2005,
    says: /cannot reshape \[2, 3\] to \[4, -1\]/,
    model: model([{ op: "Reshape", inputs: ["x", "s"] }], { initializers: { s: i64(4, -1) } }),
  },
  {
    what: "a shape that is computed at run time",
    code: 2005,
    says: /must be known while compiling/,
    model: model([{ op: "Reshape", inputs: ["x", "s"] }], {
      inputs: [x, { name: "s", elem: "int64", shape: [1] }],
    }),
  },
  {
    what: "an output of another shape than declared",
    code: 2014,
    says: /'y' is declared as float32\[2, 4\], but the graph makes float32\[2, 3\]/,
    model: model([tanh], { outputs: [{ name: "y", shape: [2, 4] }] }),
  },
  {
    what: "an output of another type than declared",
    code: 2014,
    says: /declared as int8/,
    model: model([tanh], { outputs: [{ name: "y", elem: "int8", shape: [2, 3] }] }),
  },
  {
    what: "an input of texts",
    code: 2012,
    says: /'x' has the type string/,
    model: model([tanh], { inputs: [{ ...x, elem: "string" }] }),
  },
];

const quantize = (constants: Record<string, Tensor>, attrs = {}): ModelInput =>
  model([{ op: "QuantizeLinear", inputs: ["x", ...Object.keys(constants)], attrs }], {
    initializers: constants,
  });

const numbers: readonly Bad[] = [
  {
    what: "weights that are NaN",
    code: 2011,
    says: /tensor 'c' holds NaN/,
    model: model([{ op: "Add", inputs: ["x", "c"] }], {
      initializers: { c: f32(1, Number.NaN, 2) },
    }),
  },
  {
    what: "a scale of zero",
    code: 2005,
    says: /scale 0 is not a positive number/,
    model: quantize({ s: number(0) }),
  },
  {
    what: "a negative scale",
    code: 2005,
    says: /scale -1 is not a positive number/,
    model: quantize({ s: number(-1) }),
  },
  {
    what: "an infinite scale",
    code: 2005,
    says: /scale Infinity is not a positive number/,
    model: quantize({ s: number(Infinity) }),
  },
  {
    what: "scales that do not fit the axis",
    code: 2005,
    says: /2 scales, but axis 1 has 3 elements/,
    model: quantize({ s: f32(1, 2), z: tensorOf("int8", [2], [0, 0]) }),
  },
  {
    what: "scales and zero points of different number",
    code: 2005,
    says: /3 scales but 1 zero points/,
    model: quantize({ s: f32(1, 2, 3), z: tensorOf("int8", [1], [0]) }),
  },
  {
    what: "a step of 0",
    code: 2005,
    says: /step 0/,
    model: model([{ op: "Slice", inputs: ["x", "a", "b", "c", "a"] }], {
      initializers: { a: i64(0), b: i64(2), c: i64(1) },
    }),
  },
];

describe.each([...types, ...numbers])("$what", ({ code, says, model }) => {
  it("is one coded error", () => {
    expectError(diagnoseModel(model), code, says);
  });
});
