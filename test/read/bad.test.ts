/** Models that are wrong in one way each: which diagnostic says so. */
import { describe, expect, it } from "vitest";
import { float32s, tensorOf } from "../../compiler/ir/tensor.ts";
import { codes, diagnoseModel, expectError } from "../support/failures.ts";
import type { NodeInput } from "../support/onnx.ts";
import { f32, i64, number } from "../support/tensors.ts";
import { type Bad, model, tanh, x } from "./bad.ts";

const added: NodeInput = { op: "QLinearAdd", inputs: [], domain: "com.microsoft" };
const scales = { initializers: { s: number(0.5), z: number(3, "uint8"), i: number(3, "int8") } };

const graphs: readonly Bad[] = [
  {
    what: "a cycle",
    code: 2008,
    says: /cycle through '(one|two)'/,
    model: model([
      { op: "Add", inputs: ["x", "b"], outputs: ["a"], name: "one" },
      { op: "Tanh", inputs: ["a"], outputs: ["b"], name: "two" },
      { op: "Tanh", inputs: ["b"] },
    ]),
  },
  {
    what: "a node that reads itself",
    code: 2008,
    says: /cycle through 'self'/,
    model: model([{ op: "Add", inputs: ["x", "y"], name: "self" }]),
  },
  {
    what: "a missing initialiser",
    code: 2006,
    says: /value 'w' is read, but nothing makes it/,
    model: model([{ op: "MatMul", inputs: ["x", "w"] }]),
  },
  {
    what: "a missing output",
    code: 2006,
    says: /value 'nothing' is read/,
    model: model([tanh], { outputs: [{ name: "nothing" }] }),
  },
  {
    what: "no nodes",
    code: 2006,
    says: /value 'y' is read/,
    model: model([]),
  },
  {
    what: "no outputs",
    code: 2009,
    says: /no output/,
    model: model([tanh], { outputs: [] }),
  },
  {
    what: "a name for two values",
    code: 2007,
    says: /value 'y' is made twice/,
    model: model([tanh, { op: "Exp", inputs: ["x"] }]),
  },
  {
    what: "an unknown operator",
    code: 2004,
    says: /operator 'Tahn' is not supported/,
    model: model([{ op: "Tahn", inputs: ["x"] }]),
  },
  {
    what: "an operator of another domain",
    code: 2004,
    says: /'com.microsoft.FusedThing'/,
    model: model([{ op: "FusedThing", inputs: ["x"], domain: "com.microsoft" }]),
  },
  {
    what: "one of mote's own operators",
    code: 2004,
    says: /'Conv2D' is not supported/,
    model: model([{ op: "Conv2D", inputs: ["x", "x"] }]),
  },
  {
    what: "a Resize to sizes that are computed at run time",
    code: 2005,
    says: /'sizes' must be known while compiling/,
    model: model([{ op: "Resize", inputs: ["x", "", "", "n"] }], {
      inputs: [x, { name: "n", elem: "int64", shape: [2] }],
      opset: 13,
    }),
  },
  {
    what: "a Resize that does not say to what",
    code: 2005,
    says: /needs 'scales' or 'sizes'/,
    model: model([{ op: "Resize", inputs: ["x"] }]),
  },
  {
    what: "a Resize in an unknown mode",
    code: 2005,
    says: /unknown mode 'area'/,
    model: model([{ op: "Resize", inputs: ["x", "", "s"], attrs: { mode: "area" } }], {
      initializers: { s: f32(1, 2) },
    }),
  },
  {
    what: "a transposed convolution of other channels than its weights",
    code: 2005,
    says: /the input has 2 channels, the weights 3 in 1 group/,
    model: model([{ op: "ConvTranspose", inputs: ["i", "w"] }], {
      inputs: [{ name: "i", elem: "float32", shape: [1, 2, 4, 4] }],
      initializers: { w: float32s([3, 1, 2, 2], new Float32Array(12)) },
    }),
  },
  {
    what: "a transposed convolution that leaves no output",
    code: 2005,
    says: /its output would have the spatial sizes \[0,1\]/,
    model: model([{ op: "ConvTranspose", inputs: ["i", "w"], attrs: { pads: [2, 1, 2, 2] } }], {
      inputs: [{ name: "i", elem: "float32", shape: [1, 1, 3, 3] }],
      initializers: { w: float32s([1, 1, 2, 2], new Float32Array(4)) },
    }),
  },
  {
    what: "a text that is none of those that an attribute may have",
    code: 2005,
    says: /unknown approximate 'erf': it is one of none, tanh/,
    model: model([{ op: "Gelu", inputs: ["x"], attrs: { approximate: "erf" } }], { opset: 20 }),
  },
  {
    what: "a flag that is neither 0 nor 1",
    code: 2005,
    says: /unknown keepdims '2': it is one of 0, 1/,
    model: model([{ op: "ReduceMax", inputs: ["x"], attrs: { keepdims: 2 } }]),
  },
  {
    what: "a negative entry of a permutation",
    code: 2005,
    says: /'perm' \[1,-2\] is no permutation of 2 axes/,
    model: model([{ op: "Transpose", inputs: ["x"], attrs: { perm: [1, -2] } }]),
  },
  {
    what: "an old operator that lacks an operand",
    code: 2005,
    says: /takes two inputs/,
    model: model([{ op: "Div", inputs: ["x"] }], { opset: 2 }),
  },
  {
    what: "a normalisation whose parameters have another rank",
    code: 2005,
    says: /a parameter has shape \[1,3\], but the input has 3 channels/,
    model: model([{ op: "BatchNormalization", inputs: ["x", "p", "p", "p", "p"] }], {
      initializers: { p: float32s([1, 3], [1, 1, 1]) },
    }),
  },
  {
    what: "a window that no counter could hold",
    code: 2005,
    says: /'kernel_shape' \[2147483648,2147483648\] go beyond 1,048,576/,
    model: model(
      [
        {
          op: "MaxPool",
          inputs: ["i"],
          attrs: { kernel_shape: [2147483648], auto_pad: "SAME_UPPER" },
        },
      ],
      { inputs: [{ name: "i", elem: "float32", shape: [1, 1, 8] }] },
    ),
  },
  {
    what: "pads of run time that are too few",
    code: 2005,
    says: /'pads' has 3 numbers, not 4/,
    model: model([{ op: "Pad", inputs: ["x", "p"] }], {
      inputs: [x, { name: "p", elem: "int64", shape: [3] }],
      outputs: [{ name: "y", elem: "float32", shape: [4, 5] }],
    }),
  },
  {
    what: "slices of run time with more starts than ends",
    code: 2005,
    says: /'starts', 'ends', 'axes' and 'steps' differ in length/,
    model: model([{ op: "Slice", inputs: ["x", "a", "b"] }], {
      inputs: [
        x,
        { name: "a", elem: "int64", shape: [2] },
        { name: "b", elem: "int64", shape: [1] },
      ],
      outputs: [{ name: "y", elem: "float32", shape: [1, 2] }],
    }),
  },
  {
    what: "a slice that names an axis twice",
    code: 2005,
    says: /'axes' \[1,-1\] names an axis twice/,
    model: model([{ op: "Slice", inputs: ["x", "b", "b", "a"] }], {
      initializers: { b: i64(0, 0), a: i64(1, -1) },
    }),
  },
  {
    what: "a bound that is no scalar",
    code: 2005,
    says: /a bound is \[2,3\], no scalar/,
    model: model([{ op: "Clip", inputs: ["x", "", "x"] }]),
  },
  {
    what: "an overlap beyond 1",
    code: 2005,
    says: /'iou_threshold' is 1.5, not from 0 to 1/,
    model: model([{ op: "NonMaxSuppression", inputs: ["b", "s", "n", "t"] }], {
      inputs: [
        { name: "b", elem: "float32", shape: [1, 3, 4] },
        { name: "s", elem: "float32", shape: [1, 1, 3] },
      ],
      initializers: { n: i64(2), t: f32(1.5) },
      outputs: [{ name: "y", elem: "int64", shape: [2, 3] }],
    }),
  },
  {
    what: "a negative scale",
    code: 2005,
    says: /the scale -0.5 is not a positive number/,
    model: model([{ op: "QLinearMatMul", inputs: ["i", "n", "z", "w", "s", "z", "s", "z"] }], {
      inputs: [{ name: "i", elem: "uint8", shape: [2, 3] }],
      initializers: {
        n: number(-0.5),
        s: number(0.5),
        z: number(3, "uint8"),
        w: tensorOf("uint8", [3, 1], [1, 2, 3]),
      },
    }),
  },
  {
    what: "a constant that does not say of what type it is",
    code: 2011,
    says: /is a Constant whose 'value' is no tensor/,
    model: model([
      {
        op: "Constant",
        inputs: [],
        outputs: ["c"],
        rawAttributes: [{ name: "value", type: 2, i: 1 }],
      },
      { op: "Add", inputs: ["x", "c"] },
    ]),
  },
  {
    what: "an operand that is left out of a list",
    code: 2005,
    says: /lacks its input 'inputs'/,
    model: model([{ op: "Concat", inputs: ["x", "", "x"], attrs: { axis: 0 } }]),
  },
  {
    what: "a size below 0",
    code: 2005,
    says: /its result would have the shape \[2,-1\]/,
    model: model([{ op: "Expand", inputs: ["o", "s"] }], {
      inputs: [{ name: "o", elem: "float32", shape: [2, 1] }],
      initializers: { s: i64(2, -1) },
      outputs: [{ name: "y" }],
    }),
  },
  {
    what: "more parts than can be counted",
    code: 2005,
    says: /'num_outputs' is 9007199254740992/,
    model: model([{ op: "Split", inputs: ["x"], attrs: { num_outputs: 2 ** 53 } }], { opset: 18 }),
  },
  {
    what: "a quantised bias of another rank",
    code: 2005,
    says: /the bias has shape \[1,1\] instead of \[1\]/,
    model: model([{ op: "QLinearConv", inputs: ["i", "s", "z", "w", "s", "z", "s", "z", "b"] }], {
      inputs: [{ name: "i", elem: "uint8", shape: [1, 1, 2, 2] }],
      initializers: {
        s: number(0.5),
        z: number(3, "uint8"),
        w: tensorOf("uint8", [1, 1, 1, 1], [7]),
        b: tensorOf("int32", [1, 1], [7]),
      },
    }),
  },
  {
    what: "too many inputs of an operator that is read as others",
    code: 2005,
    says: /takes at most 1 inputs, but has 2/,
    model: model([{ op: "Gelu", inputs: ["x", "x"], domain: "com.microsoft" }]),
  },
  {
    what: "a flag of an operator that is read as others",
    code: 2005,
    says: /unknown transB '7': it is one of 0, 1/,
    model: model([
      { op: "FusedMatMul", inputs: ["x", "x"], domain: "com.microsoft", attrs: { transB: 7 } },
    ]),
  },
  {
    what: "a float operand of one that takes bytes",
    code: 2005,
    says: /'A' is float32\[2, ?3\], but must be int8 or uint8/,
    model: model([{ ...added, inputs: ["x", "s", "z", "x", "s", "z", "s", "z"] }], scales),
  },
  {
    what: "operands of two types",
    code: 2005,
    says: /'B' is int8\[\], but must have the type uint8/,
    model: model([{ ...added, inputs: ["z", "s", "z", "i", "s", "z", "s", "z"] }], scales),
  },
  {
    what: "one that lacks an input",
    code: 2005,
    says: /lacks its input 'C_scale'/,
    model: model([{ ...added, inputs: ["z", "s", "z", "z", "s", "z"] }], scales),
  },
  {
    what: "a list of operands that lack their zero points",
    code: 2005,
    says: /an operand lacks its scale or zero point/,
    model: model([{ ...added, op: "QLinearConcat", inputs: ["s", "z", "z", "s"] }], scales),
  },
  {
    what: "an old opset",
    code: 2002,
    says: /opset 0; mote reads opset 1/,
    model: model([tanh], { opset: 0 }),
  },
];

describe.each(graphs)("$what", ({ code, says, model }) => {
  it("is one coded error", () => {
    const errors = diagnoseModel(model).filter((d) => d.severity === "error");
    expectError(errors, code, says);
  });
});

it("all problems of a model come in one run, each once", () => {
  const nodes: NodeInput[] = [
    { op: "Tahn", inputs: ["x"], outputs: ["a"], name: "first" },
    { op: "Tanh", inputs: ["a"], outputs: ["b"] },
    { op: "MatMul", inputs: ["x", "w"], outputs: ["c"], name: "second" },
    { op: "Softmax", inputs: ["x"], outputs: ["d"], attrs: { axis: 5 }, name: "third" },
    { op: "Add", inputs: ["b", "c"] },
  ];
  const said = diagnoseModel(model(nodes));
  expect(codes(said)).toEqual([2004, 2006, 2005]);
  expect(said.map((d) => d.place.node)).toEqual(["first", "second", "third"]);
});

it("suggests the operator and the value that was meant", () => {
  const nodes: NodeInput[] = [
    { op: "Sofmax", inputs: ["x"], outputs: ["a"] },
    { op: "MatMul", inputs: ["x", "weihgts"] },
  ];
  const said = diagnoseModel(model(nodes, { initializers: { weights: f32(1, 2, 3) } }));
  expect(said.map((d) => d.help)).toEqual([
    expect.stringContaining("'Softmax'"),
    expect.stringContaining("'weights'"),
  ]);
});

it("takes no attribute for JavaScript's own", () => {
  const said = diagnoseModel(model([{ ...tanh, attrs: { constructor: 1, toString: 2 } }]));
  expect(codes(said)).toEqual([2015, 2015]);
});

it("warns of an unknown attribute and of a newer opset, and goes on", () => {
  const nodes = [{ op: "Softmax", inputs: ["x"], attrs: { axes: 1 } }];
  const said = diagnoseModel(model(nodes, { opset: 99 }));
  expect(said.map((d) => [d.code, d.severity])).toEqual([
    [2003, "warning"],
    [2015, "warning"],
  ]);
});
