/** The operators of the model language, by name. */
import type { Operator } from "../../ops/operator.ts";
import { allOperators } from "../../ops/registry.ts";
import { convolutions } from "./conv.ts";
import { layers } from "./layers.ts";
import { movements } from "./movement.ts";
import type { LayerOperator } from "./operator.ts";
import { quantisations } from "./quantisation.ts";
import { schemaOperator, snakeCase } from "./schema.ts";
import { values } from "./values.ts";

/** Operators with arguments of their own; all others have those of ONNX. */
const own: readonly LayerOperator[] = [
  ...convolutions,
  ...layers,
  ...movements,
  ...quantisations,
  ...values,
];

const isImported = ({ level }: Operator): boolean => level !== "lowered";

const byName = new Map<string, LayerOperator>();
for (const operator of allOperators())
  if (isImported(operator)) byName.set(snakeCase(operator.name), schemaOperator(operator));
for (const operator of own) byName.set(operator.name, operator);

export const layerOperators: ReadonlyMap<string, LayerOperator> = byName;
export const ownOperators: readonly LayerOperator[] = own;
