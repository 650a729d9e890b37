/** What numbers are among an operator's tensors. */
import type { ElementType } from "../../ir/types.ts";
import type { ArgumentSpec } from "./operator.ts";

/** Their own type, or that of the first other operand of their letter, or float32. */
export function literalElement(
  args: readonly ArgumentSpec[],
  { name, elem, like }: ArgumentSpec,
  elementOf: (argument: string) => ElementType | undefined,
): ElementType {
  if (elem) return elem;
  for (const other of args) {
    if (like === undefined || other.like !== like || other.name === name) continue;
    const found = elementOf(other.name);
    if (found) return found;
  }
  return "float32";
}
