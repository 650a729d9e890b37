/** 41xx: what a program's memory cannot be, and graphs as text. */
import { type Diagnostic, error, type Place } from "./diagnostic.ts";

/** Something in the arena, and its bytes. */
export interface InUse {
  readonly label: string;
  readonly bytes: number;
}

const listed = (items: readonly InUse[]): string =>
  [...items]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ label, bytes }) => `${label} (${bytes})`)
    .join(", ");

/** @param place of the layer that runs at the peak. */
export const overSram = (
  place: Place,
  budget: number,
  needed: number,
  peak: readonly InUse[],
): Diagnostic =>
  error(
    4101,
    place,
    `The network needs ${needed} bytes of SRAM, more than --maxSram ${budget}. At the peak, while this ` +
      `layer runs, ${peak.reduce((sum, p) => sum + p.bytes, 0)} bytes are in use: ${listed(peak)}.`,
    `The nearest budget that works is --maxSram ${needed}.`,
  );

export const overFlash = (
  file: string,
  budget: number,
  needed: number,
  parts: readonly InUse[],
): Diagnostic =>
  error(
    4102,
    { file },
    `The network needs ${needed} bytes of flash, more than --maxFlash ${budget}: ${listed(parts)}.`,
    `The nearest budget that works is --maxFlash ${needed}.`,
  );

/** @param place with line and column. */
export const graphSyntax = (place: Place, problem: string): Diagnostic =>
  error(4103, place, `Not a graph as --dump writes it: ${problem}.`);

/** @param place of the node, buffer or step, as far as it is known. */
export const graphUnsound = (place: Place, problem: string): Diagnostic =>
  error(4104, place, `The graph is not sound: ${problem}.`, "Dump it again, and change less.");

export const planUnsound = (place: Place, problem: string): Diagnostic =>
  error(4105, place, `The plan is not sound: ${problem}.`);
