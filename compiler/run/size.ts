/** What a program occupies, by section and by symbol. */

import type { Program } from "./build.ts";
import { runTool, type ToolOptions } from "./tools.ts";

export interface Section {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
}

export interface ProgramSymbol {
  readonly name: string;
  /** The output section that it lies in: `.text`, `.rodata`, `.data`, `.bss` or `.harness.*`. */
  readonly section: string;
  readonly address: number;
  readonly bytes: number;
}

/** Sizes of the model, its kernels and the library functions they use; the harness is left out. */
export interface ProgramSizes {
  readonly textBytes: number;
  /** Constants, weights among them, and unwinding tables if there are any. */
  readonly rodataBytes: number;
  /** Initialised variables: they take both flash and RAM. */
  readonly dataBytes: number;
  /** Variables without the arena. */
  readonly bssBytes: number;
  readonly arenaBytes: number;
  /** The symbols of the model, by address; `bytes` tells weights from tables. */
  readonly symbols: readonly ProgramSymbol[];
}

/** The harness's own code and data, by the sections of the linker script. */
export const isHarness = ({ name }: { name: string }): boolean => name.startsWith(".harness");

/** The sections of a program that occupy memory, by address. */
export async function readSections(program: Program, options: ToolOptions): Promise<Section[]> {
  const tool = `${program.target.binutils}size`;
  const { stdout } = await runTool(tool, ["-A", "-d", program.elf], options);
  return stdout
    .split("\n")
    .map((line) => /^(\.\S+)\s+(\d+)\s+(\d+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, name, bytes, address]) => ({ name, bytes: Number(bytes), address: Number(address) }))
    .filter(({ name, bytes }) => bytes > 0 && !isNote(name));
}

const isNote = (name: string): boolean => /^\.(comment|debug|ARM\.attributes|note)/.test(name);

/** The functions and variables of a program, by address. */
export async function readSymbols(
  program: Program,
  options: ToolOptions,
): Promise<ProgramSymbol[]> {
  const sections = await readSections(program, options);
  const tool = `${program.target.binutils}nm`;
  const { stdout } = await runTool(tool, ["-S", "-n", program.elf], options);
  return stdout
    .split("\n")
    .map((line) => /^([0-9a-f]+) ([0-9a-f]+) [tTrRdDbBwWvV] (\S+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, address, bytes, name]) => {
      const at = parseInt(address, 16);
      const section = sectionAt(sections, at)?.name ?? "";
      return { name, section, address: at, bytes: parseInt(bytes, 16) };
    });
}

const sectionAt = (sections: readonly Section[], address: number): Section | undefined =>
  sections.find((s) => address >= s.address && address < s.address + s.bytes);

/** Sizes by section; `name` is the model's, whose `<name>_arena` is counted apart. */
export async function measureSizes(
  program: Program,
  name: string,
  options: ToolOptions,
): Promise<ProgramSizes> {
  const sections = await readSections(program, options);
  const all = await readSymbols(program, options);
  const symbols = all.filter(({ section }) => !isHarness({ name: section }));
  const arenas = symbols.filter((s) => s.name.startsWith(`${name}_arena`));
  const bytesIn = (of: readonly ProgramSymbol[]) => of.reduce((sum, s) => sum + s.bytes, 0);
  const bytesOf = (pattern: RegExp): number =>
    sections.filter((s) => pattern.test(s.name)).reduce((sum, s) => sum + s.bytes, 0);
  return {
    textBytes: bytesOf(/^\.text/),
    rodataBytes: bytesOf(/^\.(rodata|ARM\.ex)/),
    dataBytes: bytesOf(/^\.data/),
    bssBytes: bytesOf(/^\.bss/) - bytesIn(arenas.filter((s) => s.section.startsWith(".bss"))),
    arenaBytes: bytesIn(arenas),
    symbols,
  };
}
