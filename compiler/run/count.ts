/** Instructions and cycles of one inference, by function. */
import { readFileSync } from "node:fs";
import type { CycleTable } from "../target.ts";
import type { Program } from "./build.ts";
import { type Instruction, instructionCycles } from "./cycles.ts";
import { isHarness, readSections, type Section } from "./size.ts";
import { runTool, type ToolOptions } from "./tools.ts";

/** How often each address was executed. */
export type AddressCounts = ReadonlyMap<number, number>;

export interface FunctionProfile {
  readonly name: string;
  readonly instructions: number;
  readonly cycles: number | null;
}

export interface Profile {
  readonly instructions: number;
  /** Null where the target has no table of cycles. */
  readonly cycles: number | null;
  /** The functions that ran, most instructions first. */
  readonly functions: readonly FunctionProfile[];
}

/** Reads what the plugin wrote: lines of hexadecimal address and count. */
export function readCounts(file: string): AddressCounts {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [address, count] = line.split(" ");
      return [parseInt(address, 16), Number(count)];
    }),
  );
}

/** What the longer run did more: one inference, where it did one more. */
export function subtractCounts(longer: AddressCounts, shorter: AddressCounts): AddressCounts {
  const rest = [...longer].map(
    ([address, count]) => [address, count - (shorter.get(address) ?? 0)] as const,
  );
  return new Map(rest.filter(([, count]) => count > 0));
}

/** Counts by function of the model; what the harness executed around it is left out. */
export async function profileProgram(
  program: Program,
  counts: AddressCounts,
  options: ToolOptions,
): Promise<Profile> {
  const harness = (await readSections(program, options)).filter(isHarness);
  const own = new Map([...counts].filter(([address]) => !isWithin(harness, address)));
  return profile(await disassemble(program, options), own, program.target.cycles);
}

const isWithin = (sections: readonly Section[], address: number): boolean =>
  sections.some((s) => address >= s.address && address < s.address + s.bytes);

/** The program's instructions, and what objdump prints between them, by address. */
async function disassemble(program: Program, options: ToolOptions): Promise<Instruction[]> {
  const tool = `${program.target.binutils}objdump`;
  const { stdout } = await runTool(tool, ["-d", "--no-show-raw-insn", program.elf], options);
  return parseDisassembly(stdout);
}

/** Reads the output of `objdump -d --no-show-raw-insn`. */
export function parseDisassembly(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let name = "?";
  for (const line of text.split("\n")) {
    name = /^[0-9a-f]+ <(.+)>:$/.exec(line)?.[1] ?? name;
    const found = /^\s*([0-9a-f]+):\t([^\t]+)(?:\t([^\t]*))?/.exec(line);
    if (!found) continue;
    const [, address, mnemonic, operands = ""] = found;
    instructions.push({
      address: parseInt(address, 16),
      mnemonic: mnemonic.trim(),
      operands,
      function: name,
    });
  }
  return instructions.sort((a, b) => a.address - b.address);
}

/** Sums counts and cycles by function. */
export function profile(
  instructions: readonly Instruction[],
  counts: AddressCounts,
  table: CycleTable | null,
): Profile {
  const functions = new Map<string, { instructions: number; cycles: number }>();
  instructions.forEach((instruction, index) => {
    const count = counts.get(instruction.address) ?? 0;
    if (count === 0) return;
    const fallThroughCount = counts.get(instructions[index + 1]?.address ?? -1) ?? 0;
    const context = { count, fallThroughCount, previous: instructions[index - 1] };
    const sum = functions.get(instruction.function) ?? { instructions: 0, cycles: 0 };
    sum.instructions += count;
    if (table) sum.cycles += instructionCycles(table, instruction, context);
    functions.set(instruction.function, sum);
  });
  return summary(functions, table !== null);
}

function summary(
  sums: ReadonlyMap<string, { instructions: number; cycles: number }>,
  hasCycles: boolean,
): Profile {
  const functions = [...sums]
    .map(([name, { instructions, cycles }]) => ({
      name,
      instructions,
      cycles: hasCycles ? cycles : null,
    }))
    .sort((a, b) => b.instructions - a.instructions || (a.name < b.name ? -1 : 1));
  const total = (pick: (f: FunctionProfile) => number) =>
    functions.reduce((sum, f) => sum + pick(f), 0);
  return {
    instructions: total((f) => f.instructions),
    cycles: hasCycles ? total((f) => f.cycles ?? 0) : null,
    functions,
  };
}
