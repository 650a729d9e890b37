/** Types as the language writes them, and what it means to say one of a value. */
import * as say from "../../diagnostics.ts";
import { constant, type Value } from "../../ir/graph.ts";
import { type Shape, sameShape, typeText } from "../../ir/types.ts";
import type * as ast from "../../language/ast.ts";
import { elementsByName, quantizationOperands } from "../../language/operators/quantisation.ts";
import { OperatorError } from "../../ops/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import { evaluate, integerOf } from "./evaluate.ts";
import { framesText, labelOf, placeOf } from "./problems.ts";
import { quantizedType } from "./quantised-type.ts";
import { type Context, siteOf } from "./scope.ts";
import { type Datum, kindText, TensorDatum, TypeDatum } from "./values.ts";

const elementsMax = 2 ** 31;

/** Sizes of a tensor, each a positive whole number. */
function shapeOf(dims: readonly ast.Expr[], context: Context): Shape {
  const { session } = context;
  const shape = dims.map((dim) => {
    const size = integerOf(dim, context);
    if (size < 1)
      session.fail(
        say.badNumber(placeOf(siteOf(context, dim)), `The size ${size} is not positive`),
      );
    return size;
  });
  if (!(shape.reduce((n, d) => n * d, 1) < elementsMax))
    session.fail(
      say.tooMuch(
        placeOf(siteOf(context, dims[0]!)),
        `[${shape.join(", ")}] has more than 2^31 elements`,
      ),
    );
  return shape;
}

/** A type as it is written. @throws Reported */
export function typeOf(type: ast.TypeExpr, context: Context): TypeDatum {
  const { session } = context;
  const elem = elementsByName.get(type.elem.text);
  if (!elem)
    return session.fail(
      say.unknownName(placeOf(siteOf(context, type.elem)), type.elem.text, elementsByName.keys()),
    );
  const plain = new TypeDatum(elem, type.dims && shapeOf(type.dims, context));
  if (!type.quant) return plain;
  const given = type.quant.args.map(({ name, value }) => ({
    name,
    datum: evaluate(value, context),
    site: siteOf(context, value),
  }));
  return quantizedType(plain, given, siteOf(context, type.quant), context);
}

/** A node of ONNX's quantisation between a value and what reads it. */
function quantisation(
  op: "QuantizeLinear" | "DequantizeLinear",
  value: Value,
  { elem, quant }: TypeDatum,
  name: string,
  context: Context,
  type: ast.TypeExpr,
): Value {
  const { session } = context;
  const site = siteOf(context, type);
  try {
    const parameters = quantizationOperands(elem, quant!).map((t) => constant(t));
    const { axis } = quant!;
    const node = session.maker.make(
      findOperator(op)!,
      { inputs: [value, ...parameters], attrs: axis === undefined ? {} : { axis } },
      { origins: [name], outputCount: 1 },
    );
    session.made(node, site);
    return node.outputs[0]!;
  } catch (problem) {
    if (!(problem instanceof OperatorError)) throw problem;
    return session.fail(say.layerProblem(placeOf(site), type.elem.text, problem.message, {}));
  }
}

const layerName = (value: Value, context: Context): string =>
  value.node.origins[0] ?? (value.name || context.path);

/** The integers of a quantised type, made of a float value. */
export const quantizedAs = (value: Value, type: TypeDatum, at: ast.TypeExpr, context: Context) =>
  quantisation("QuantizeLinear", value, type, `${layerName(value, context)}_quantize`, context, at);

export const dequantizedAs = (value: Value, type: TypeDatum, at: ast.TypeExpr, context: Context) =>
  quantisation(
    "DequantizeLinear",
    value,
    type,
    `${layerName(value, context)}_dequantize`,
    context,
    at,
  );

/** Whether a value is of the type, as far as that is said. */
export function checkType(value: Value, type: TypeDatum, at: ast.TypeExpr, context: Context): void {
  const { session, frame } = context;
  const { elem, shape } = value.type;
  const isShape = type.shape === undefined || sameShape(type.shape, shape);
  if (isShape && type.elem === elem) return;
  const wanted = type.shape ? `${type.elem}[${type.shape.join(", ")}]` : type.elem;
  const site = siteOf(context, at);
  const labels = [labelOf(site, `says ${wanted}`)];
  const made = session.sites.get(value.node);
  if (made) labels.push(labelOf(made, `makes ${typeText(value.type)}`));
  session.fail({
    ...say.wrongKind(placeOf(site), wanted, typeText(value.type)),
    labels,
    notes: framesText(frame),
  });
}

/** A value of a type that was said of it. A quantised type of a float value rounds it to that. */
export function ascribed(datum: Datum, type: ast.TypeExpr, context: Context): Datum {
  const { session } = context;
  const said = typeOf(type, context);
  if (!(datum instanceof TensorDatum))
    return session.fail(say.wrongKind(placeOf(siteOf(context, type)), "a tensor", kindText(datum)));
  const { value, site } = datum;
  if (!said.quant) {
    checkType(value, said, type, context);
    return datum;
  }
  checkType(value, new TypeDatum("float32", said.shape), type, context);
  const stored = quantizedAs(value, said, type, context);
  const name = `${layerName(value, context)}_dequantize`;
  return new TensorDatum(quantisation("DequantizeLinear", stored, said, name, context, type), site);
}
