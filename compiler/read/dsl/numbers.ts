/** Arithmetic and comparison of compile-time values. */
import { badNumber, wrongKind } from "../../diagnostics.ts";
import type { BinaryOperator } from "../../language/ast.ts";
import { placeOf } from "./problems.ts";
import { limits, type Session } from "./session.ts";
import type { Site } from "./source.ts";
import { type Datum, extentOf, isList, kindText } from "./values.ts";

/** Results that are whole must be exact. */
function checked(value: number, operands: readonly number[], site: Site, session: Session): number {
  if (
    Number.isFinite(value)
      ? Number.isInteger(value) && !Number.isSafeInteger(value) && operands.every(Number.isInteger)
      : operands.every(Number.isFinite)
  )
    return session.fail(
      badNumber(
        placeOf(site),
        "The result is beyond the whole numbers that are kept exactly, ±2^53",
      ),
    );
  return value;
}

const arithmetic: Partial<Record<BinaryOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a - b * Math.floor(a / b),
};

const comparison: Partial<Record<BinaryOperator, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Numbers, strings, truth values and lists are equal by what they hold. */
export function isEqual(a: Datum, b: Datum): boolean {
  if (!isList(a) || !isList(b)) return a === b;
  return a.length === b.length && a.every((item, i) => isEqual(item, b[i]!));
}

function range(a: number, b: number, site: Site, session: Session): Datum {
  if (!Number.isInteger(a) || !Number.isInteger(b))
    return session.fail(badNumber(placeOf(site), "A range goes from one whole number to another"));
  session.spend(site, Math.max(0, b - a));
  return Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i);
}

function joined(a: Datum, b: Datum, site: Site, session: Session): Datum | undefined {
  if (isList(a) && isList(b)) {
    session.spend(site, a.length + b.length);
    return [...a, ...b];
  }
  if (typeof a !== "string" || typeof b !== "string") return undefined;
  if (a.length + b.length > limits.characters)
    return session.fail(badNumber(placeOf(site), `The string is longer than ${limits.characters}`));
  return a + b;
}

/** @throws Reported where the operator takes no such operands. */
export function combine(
  operator: BinaryOperator,
  a: Datum,
  b: Datum,
  site: Site,
  session: Session,
): Datum {
  if (operator === "==" || operator === "!=") {
    session.spend(site, extentOf(a).items);
    return isEqual(a, b) === (operator === "==");
  }
  if (operator === "+") {
    const whole = joined(a, b, site, session);
    if (whole !== undefined) return whole;
  }
  if (typeof a !== "number" || typeof b !== "number") {
    const odd = typeof a === "number" ? b : a;
    return session.fail(
      wrongKind(placeOf(site), `numbers on both sides of '${operator}'`, kindText(odd)),
    );
  }
  if (operator === "..") return range(a, b, site, session);
  if ((operator === "/" || operator === "%") && b === 0)
    return session.fail(badNumber(placeOf(site), "Division by zero"));
  const compare = comparison[operator];
  if (compare) return compare(a, b);
  return checked(arithmetic[operator]!(a, b), [a, b], site, session);
}

/** A number as it is written. */
export function numberOf(text: string, site: Site, session: Session): number {
  const value = Number(text);
  const isWhole = /^\d+$/.test(text);
  if (!Number.isFinite(value) || (isWhole && !Number.isSafeInteger(value)))
    return session.fail(
      badNumber(
        placeOf(site),
        "The number is too large",
        isWhole
          ? "Whole numbers are kept exactly up to 2^53; write 1.5e16 for a rounded one."
          : undefined,
      ),
    );
  return value;
}
