/** The operator set: every operator of every level, by name. */
import type { Node } from "../ir/graph.ts";
import { activationOperators } from "./activation.ts";
import { arrangeOperators } from "./arrange.ts";
import { attentionOperators } from "./attention.ts";
import { elementwiseOperators } from "./binary.ts";
import { boundedOperators } from "./bounded.ts";
import { col2imOperators } from "./col2im.ts";
import { convOperators } from "./conv.ts";
import { convTransposeOperators } from "./conv-transpose.ts";
import { createOperators } from "./create.ts";
import { cumulativeOperators } from "./cumulative.ts";
import { deformConvOperators } from "./deform-conv.ts";
import { detOperators } from "./det.ts";
import { einsumOperators } from "./einsum.ts";
import { indexingOperators } from "./indexing.ts";
import { interpolateOperators } from "./interpolate.ts";
import { matmulOperators } from "./matmul.ts";
import { movementOperators } from "./movement.ts";
import { suppressionOperators } from "./non-max-suppression.ts";
import { normaliseOperators } from "./normalise.ts";
import { fail, type Operator } from "./operator.ts";
import { poolOperators } from "./pool.ts";
import { quantisationOperators } from "./quantisation.ts";
import { quantisedProducts } from "./quantised-products.ts";
import { recurrentOperators } from "./recurrent.ts";
import { reduceOperators } from "./reduce.ts";
import { regionOperators } from "./regions.ts";
import { resizeOperators } from "./resize.ts";
import { rowInputOperators } from "./row-input.ts";
import { samplingOperators } from "./sampling.ts";
import { selectionOperators } from "./selection.ts";
import { signalOperators } from "./signal.ts";
import { spatialPoolOperators } from "./spatial-pool.ts";
import { treeEnsemble } from "./tree-ensemble.ts";
import { typingOperators } from "./typing.ts";
import { logicOperators, unaryOperators } from "./unary.ts";
import { viewOperators } from "./views.ts";

const table = new Map<string, Operator>();

/** The operator of that name, if there is one. */
export const findOperator = (name: string): Operator | undefined => table.get(name);

export const operatorOf = (node: Pick<Node, "op">): Operator =>
  table.get(node.op) ?? fail(`unknown operator '${node.op}'`);

export const operatorNames = (): string[] => [...table.keys()].sort();
export const allOperators = (): Operator[] => [...table.values()];

for (const operator of [
  ...unaryOperators,
  ...logicOperators,
  ...elementwiseOperators,
  ...activationOperators,
  ...convOperators,
  ...convTransposeOperators,
  ...matmulOperators,
  ...poolOperators,
  ...spatialPoolOperators,
  ...col2imOperators,
  ...deformConvOperators,
  ...detOperators,
  ...regionOperators,
  ...samplingOperators,
  ...normaliseOperators,
  ...recurrentOperators,
  ...attentionOperators,
  ...signalOperators,
  ...reduceOperators,
  ...viewOperators,
  ...movementOperators,
  ...indexingOperators,
  ...selectionOperators,
  ...cumulativeOperators,
  ...arrangeOperators,
  ...createOperators,
  ...boundedOperators,
  ...suppressionOperators,
  ...einsumOperators,
  ...resizeOperators,
  ...interpolateOperators,
  ...typingOperators,
  treeEnsemble,
  ...rowInputOperators,
  ...quantisationOperators,
  ...quantisedProducts((name) => operatorOf({ op: name })),
])
  table.set(operator.name, operator);
