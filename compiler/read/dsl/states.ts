/** States: tensors that live from one run of the network to the next. */
import * as say from "../../diagnostics.ts";
import { constantOf, input, type Value } from "../../ir/graph.ts";
import { lazyTensor, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, sameShape, typeText } from "../../ir/types.ts";
import type * as ast from "../../language/ast.ts";
import { quantizeTensor } from "../../ops/quantisation.ts";
import { dequantizedAs, quantizedAs, typeOf } from "./ascribe.ts";
import { evaluate, nameText } from "./evaluate.ts";
import { numbersWithShape } from "./layer.ts";
import { framesText, labelOf, placeOf, Reported } from "./problems.ts";
import { type Binding, type Context, siteOf } from "./scope.ts";
import { limits } from "./session.ts";
import type { Site } from "./source.ts";
import { kindText, TensorDatum, type TypeDatum } from "./values.ts";

/** A state of the model, of its own or of a network that it calls. */
export interface ModelState {
  /** What a run begins with, as it is stored. */
  readonly value: Value;
  readonly site: Site;
  /** What the next run reads, once the model is read. @throws Reported */
  next(): Value;
}

/** @throws Reported where another has its name, or there are too many. */
export function addState(state: ModelState, { session, frame }: Context): void {
  const { value, site } = state;
  const other = session.states.get(value.name)?.site;
  if (other) {
    const { line } = other.source.position(other.span.start);
    session.fail({
      ...say.takenState(placeOf(site), value.name, line),
      notes: framesText(frame),
    });
  }
  session.states.set(value.name, state);
  if (session.states.size > limits.nodes)
    session.fail(say.tooMuch(placeOf(site), `The model has more than ${limits.nodes} states`));
}

const elementsMax = 2 ** 24;

/** What the first run reads: a number everywhere, lists of numbers, or a constant. */
function initialOf(
  { type, initial }: ast.StateStatement,
  { elem, shape, quant }: TypeDatum,
  context: Context,
): Tensor {
  const { session } = context;
  const at = initial ?? type;
  const datum = initial ? evaluate(initial, context) : 0;
  const constant = datum instanceof TensorDatum ? constantOf(datum.value) : undefined;
  const found = constant ? undefined : numbersWithShape(datum);
  if (!constant && !found)
    return session.fail(
      say.wrongKind(
        placeOf(siteOf(context, at)),
        "numbers or a constant for what a state begins as",
        datum instanceof TensorDatum ? "computed by layers" : kindText(datum),
      ),
    );
  const given = constant?.shape ?? found!.shape;
  if (given.length > 0 && !sameShape(given, shape!))
    return session.fail(
      say.wrongKind(
        placeOf(siteOf(context, at)),
        `a number, or numbers of the shape [${shape!.join(", ")}]`,
        `of the shape [${given.join(", ")}]`,
      ),
    );
  if (constant?.elem === elem && sameShape(given, shape!)) return constant;
  return lazyTensor({ elem, shape: shape! }, () => {
    const list = constant ? Array.from(constant.data as Float32Array, Number) : found!.values;
    const values = given.length > 0 ? list : new Array(elementCount(shape!)).fill(list[0] ?? 0);
    return quant && session.level === "imported"
      ? quantizeTensor(tensorOf("float32", shape!, values), elem, quant)
      : tensorOf(elem, shape!, values);
  });
}

/** `state h: float[1, 48] = 0`, in a model or in a block of one. */
export function declareState(statement: ast.StateStatement, context: Context): void {
  const { session, scope, path } = context;
  const { name, label, type: at } = statement;
  const site = siteOf(context, statement);
  const type = typeOf(at, context);
  if (!type.shape)
    session.fail(
      say.badArguments(placeOf(site), name.text, "needs a shape", "Write float[1, 48]."),
    );
  if (type.quant && type.quant.scale.length > 1)
    session.fail(say.wrongKind(placeOf(site), "one scale for a state", "several"));
  const count = elementCount(type.shape!);
  if (count > elementsMax)
    session.fail(say.tooMuch(placeOf(site), `The state has ${count} elements, more than 2^24`));
  const initial = initialOf(statement, type, context);
  const own = label ? nameText(name, label, context) : session.unnamed(path, name.text);
  const full = label && path !== "" ? `${path}.${own}` : own;
  const isLowered = session.level === "lowered";
  const stored = {
    elem: type.elem,
    shape: type.shape!,
    quant: isLowered ? type.quant : undefined,
  };
  const value = input(full, stored, initial);
  const real = type.quant && !isLowered ? dequantizedAs(value, type, at, context) : value;
  const next = () => nextOf(statement, { type, value, real }, binding, context);
  addState({ value, site, next }, context);
  const binding = scope.declare(name, "state", new TensorDatum(real, site), context);
  binding.keeps = { type: real.type, site };
}

/** Why a state cannot become that, where it is made. */
export function checkBecomes(
  name: ast.Name,
  { value: { type }, site }: TensorDatum,
  { keeps }: Binding,
  context: Context,
): void {
  const { session, frame } = context;
  const kept = keeps!;
  if (type.elem === kept.type.elem && sameShape(type.shape, kept.type.shape)) return;
  const wanted = typeText(kept.type);
  session.fail({
    ...say.wrongKind(
      placeOf(siteOf(context, name)),
      `${wanted} for the state '${name.text}'`,
      typeText(type),
    ),
    labels: [labelOf(kept.site, `says ${wanted}`), labelOf(site, `makes ${typeText(type)}`)],
    notes: framesText(frame),
  });
}

/** @param state as it is stored, and as layers read it. */
function nextOf(
  { name, type: at }: ast.StateStatement,
  { type, value, real }: { type: TypeDatum; value: Value; real: Value },
  { datum, isBroken }: Binding,
  context: Context,
): Value {
  const { session } = context;
  if (isBroken) throw new Reported();
  const { value: last } = datum as TensorDatum;
  if (last === real) {
    session.problems.add(say.unchangedState(placeOf(siteOf(context, name)), name.text));
    return value;
  }
  const isStored = type.quant !== undefined && session.level === "imported";
  return isStored ? quantizedAs(last, type, at, context) : last;
}
