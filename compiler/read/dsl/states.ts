/** States: tensors that live from one run of the network to the next. */
import * as say from "../../diagnostics.ts";
import { constantOf, type GraphOutput, input, type Value } from "../../ir/graph.ts";
import { lazyTensor, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, sameShape, typeText } from "../../ir/types.ts";
import type * as ast from "../../language/ast.ts";
import { quantizeTensor } from "../../ops/quantisation.ts";
import { dequantizedAs, quantizedAs, typeOf } from "./ascribe.ts";
import { evaluate, nameText } from "./evaluate.ts";
import { numbersWithShape } from "./layer.ts";
import { framesText, labelOf, placeOf, Reported } from "./problems.ts";
import { type Binding, type Context, siteOf } from "./scope.ts";
import { kindText, TensorDatum, type TypeDatum } from "./values.ts";

/** A state of the model, and what stands for it while the model is read. */
export interface DeclaredState {
  readonly statement: ast.StateStatement;
  readonly binding: Binding;
  readonly context: Context;
  readonly type: TypeDatum;
  /** What a run begins with, as it is stored. */
  readonly value: Value;
  /** The same as layers read it. */
  readonly real: Value;
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
  const other = session.states.find((s) => s.value.name === full);
  if (other) {
    const { line } = other.context.source.position(other.statement.start);
    session.fail({
      ...say.takenState(placeOf(site), full, line),
      notes: framesText(context.frame),
    });
  }
  const isLowered = session.level === "lowered";
  const stored = {
    elem: type.elem,
    shape: type.shape!,
    quant: isLowered ? type.quant : undefined,
  };
  const value = input(full, stored, initial);
  const real = type.quant && !isLowered ? dequantizedAs(value, type, at, context) : value;
  const binding = scope.declare(name, "state", new TensorDatum(real, site), context);
  session.states.push({ statement, binding, context, type, value, real });
}

/** Why a state cannot become that, where it is made. */
export function checkBecomes(
  name: ast.Name,
  { value: next, site }: TensorDatum,
  context: Context,
  binding: Binding,
): void {
  const { session, frame } = context;
  const state = session.states.find((s) => s.binding === binding)!;
  const { elem, shape, quant } = state.real.type;
  const isSame = next.type.elem === elem && sameShape(next.type.shape, shape);
  if (isSame) return;
  const wanted = typeText({ elem, shape, quant });
  session.fail({
    ...say.wrongKind(
      placeOf(siteOf(context, name)),
      `${wanted} for the state '${name.text}'`,
      typeText(next.type),
    ),
    labels: [
      labelOf(siteOf(state.context, state.statement), `says ${wanted}`),
      labelOf(site, `makes ${typeText(next.type)}`),
    ],
    notes: framesText(frame),
  });
}

/** What the next run reads. */
export function nextOf({ statement, binding, context, type, value, real }: DeclaredState) {
  const { session } = context;
  if (binding.isBroken) throw new Reported();
  const { value: last } = binding.datum as TensorDatum;
  if (last === real) {
    session.problems.add(
      say.unchangedState(placeOf(siteOf(context, statement.name)), statement.name.text),
    );
    return { name: value.name, value };
  }
  const isStored = type.quant !== undefined && session.level === "imported";
  const next = isStored ? quantizedAs(last, type, statement.type, context) : last;
  return { name: value.name, value: next } satisfies GraphOutput;
}
