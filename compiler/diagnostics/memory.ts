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

/** Memory that a target has for tensors or constants. */
interface Room {
  readonly name: string;
  readonly bytes: number;
}

const roomText = (pools: readonly Room[]): string =>
  pools.map(({ name, bytes }) => `${name} (${bytes})`).join(", ");

/** @param place of the layer that runs at the peak. */
export const poolsTooSmall = (
  place: Place,
  target: string,
  pools: readonly Room[],
  missing: number,
  peak: readonly InUse[],
): Diagnostic =>
  error(
    4103,
    place,
    `The network's tensors need ${missing} bytes more than ${target} has for them: ${roomText(pools)}. At the ` +
      `peak, while this layer runs, ${peak.reduce((sum, p) => sum + p.bytes, 0)} bytes are in use: ${listed(peak)}.`,
    `Give '${pools.at(-1)!.name}' ${missing} bytes more in the target's file, or add a memory with a cost.`,
  );

/** Tensors that were given a memory. */
export const poolTooSmall = (place: Place, pool: Room, missing: number): Diagnostic =>
  error(
    4113,
    place,
    `What is to lie in '${pool.name}' needs ${missing} bytes more than the ${pool.bytes} that it has.`,
    "Leave the memory of some layers to mote.",
  );

export const unknownPool = (memory: string, target: string, known: readonly string[]) =>
  error(
    4114,
    {},
    known.length > 0
      ? `${target} has no memory '${memory}' for tensors: it has ${known.join(", ")}.`
      : `${target} has one memory for tensors, and no '${memory}'.`,
    "A target's file gives its memories names and costs.",
  );

export const liesElsewhere = (place: Place, memory: string): Diagnostic =>
  error(
    4115,
    place,
    `What this layer makes cannot lie in '${memory}': it shares memory with what another layer makes.`,
    "Give both layers the same memory.",
  );

export const badPoolOption = (text: string): Diagnostic =>
  error(4116, {}, `'${text}' names no layer and memory.`, "Write --pool LAYER=MEMORY.");

export const flashPoolsTooSmall = (
  file: string,
  target: string,
  pools: readonly Room[],
  missing: number,
): Diagnostic =>
  error(
    4104,
    { file },
    `The network's constants need ${missing} bytes more than ${target} has for them: ${roomText(pools)}.`,
    `Give '${pools.at(-1)!.name}' ${missing} bytes more in the target's file, or add a memory with a cost.`,
  );

export const badSectionOption = (text: string): Diagnostic =>
  error(
    4105,
    {},
    `'${text}' names no memory and linker section.`,
    "Write --section MEMORY=SECTION; a section has letters, digits and . _ $ , - only.",
  );

/** @param known what sections can be given for. */
export const unknownSection = (memory: string, target: string, known: readonly string[]) =>
  error(
    4106,
    {},
    `Nothing of the program lies in a memory '${memory}' of ${target}.`,
    `Sections can be given for ${known.join(", ")}.`,
  );

export const sharedSection = (section: string, memories: readonly string[]): Diagnostic =>
  error(
    4107,
    {},
    `One section, '${section}', is given for ${memories.join(" and ")}.`,
    "Give each a section of its own: a section holds either tensors or constants, in one memory.",
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
  error(4110, place, `Not a graph as --dump writes it: ${problem}.`);

/** @param place of the node, buffer or step, as far as it is known. */
export const graphUnsound = (place: Place, problem: string): Diagnostic =>
  error(4111, place, `The graph is not sound: ${problem}.`, "Dump it again, and change less.");

export const planUnsound = (place: Place, problem: string): Diagnostic =>
  error(4112, place, `The plan is not sound: ${problem}.`);
