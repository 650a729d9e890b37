/** Which linker sections arenas and constants go to, where a target has several memories. */

/** A memory that constants may lie in. */
export interface FlashSpec {
  readonly name: string;
  readonly bytes: number;
}

export interface Sections {
  /** Sections by memory; `arena` and `weights` where the target has no pools of that kind. */
  readonly given: ReadonlyMap<string, string>;
  /** The fastest first; none if constants lie wherever the program puts them. */
  readonly flash: readonly FlashSpec[];
}

/** A linker script that knows nothing of the memory puts these with others of their kind. */
export const arenaSection = ({ given }: Pick<Sections, "given">, memory: string): string =>
  given.get(memory) ?? `.bss.mote_${memory}`;

export const weightsSection = ({ given }: Pick<Sections, "given">, memory: string): string =>
  given.get(memory) ?? `.rodata.mote_${memory}`;

/** An array of constants. */
export interface Sized {
  readonly bytes: number;
  /** How often a byte is read in a run. */
  readonly reads: number;
}

/**
 * The memory of each array: what is read most often in the fastest that has room. @returns for each
 * array an index of `flash`; what has no room is in the last.
 */
export function assigned(arrays: readonly Sized[], flash: readonly FlashSpec[]): number[] {
  const left = flash.map((f) => f.bytes);
  const memory = arrays.map(() => flash.length - 1);
  const order = arrays.map((_, i) => i);
  for (const i of order.sort((a, b) => arrays[b]!.reads - arrays[a]!.reads || a - b)) {
    const bytes = Math.ceil(arrays[i]!.bytes / arrayAlignBytes) * arrayAlignBytes;
    const first = left.findIndex((room) => room >= bytes);
    if (first >= 0) memory[i] = first;
    left[memory[i]!]! -= bytes;
  }
  return memory;
}

/** Arrays may be aligned to so many bytes. */
const arrayAlignBytes = 8;
