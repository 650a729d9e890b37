/** Cycles of one instruction, from the target's table; the same model as shared/measure/armprof. */
import type { CycleTable } from "../target.ts";

export interface Instruction {
  readonly address: number;
  /** As objdump prints it, such as `ldr.w`. */
  readonly mnemonic: string;
  readonly operands: string;
  readonly function: string;
}

/** How often an instruction ran and what stands around it. */
export interface Context {
  readonly count: number;
  /** How often the next address ran: a branch was taken when it ran less often. */
  readonly fallThroughCount: number;
  readonly previous: Instruction | undefined;
}

type Cost = (table: CycleTable, instruction: Instruction, context: Context) => number;

type InstructionClass = { readonly pattern: RegExp; readonly cost: Cost };

const each =
  (field: Exclude<keyof CycleTable, "source">): Cost =>
  (table, _, { count }) =>
    table[field] * count;

const conditional: Cost = (table, _, { count, fallThroughCount }) => {
  const taken = Math.max(0, count - fallThroughCount);
  return table.branchNotTaken * count + (table.branchTaken - table.branchNotTaken) * taken;
};

const load: Cost = (table, _, { count, previous }) => {
  const follows = previous !== undefined && /^(ldr|str|vldr|vstr)/.test(previous.mnemonic);
  return (follows ? table.loadPaired : table.load) * count;
};

const multiple: Cost = (table, { mnemonic, operands }, { count }) => {
  const toPc = /^(ldm|pop)/.test(mnemonic) && /\bpc\b/.test(operands) ? table.multipleToPc : 0;
  return (table.multiple + table.multiplePerRegister * registerCount(operands) + toPc) * count;
};

/** Registers in a list such as `{r4-r7, lr}`. */
function registerCount(operands: string): number {
  const list = operands.slice(operands.indexOf("{") + 1, operands.indexOf("}"));
  return list.split(",").reduce((sum, part) => {
    const range = /^\s*([rsd])(\d+)-\1(\d+)/.exec(part);
    return sum + (range ? Number(range[3]) - Number(range[2]) + 1 : 1);
  }, 0);
}

const condition = "(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)";

/** The first class whose pattern matches the mnemonic, without its `.w` or `.f32`, is taken. */
const classes: readonly InstructionClass[] = [
  { pattern: /^(b|bx|blx|tbb|tbh)$/, cost: each("branch") },
  { pattern: /^bl$/, cost: each("branchLink") },
  { pattern: new RegExp(`^(b${condition}|cbz|cbnz|le|wls|dls)$`), cost: conditional },
  { pattern: /^(ldm|stm|push|pop|vldm|vstm|vpush|vpop)/, cost: multiple },
  { pattern: /^(ldrd|strd)/, cost: each("pair") },
  { pattern: /^v?ldr/, cost: load },
  { pattern: /^v?str/, cost: each("store") },
  { pattern: /^(sdiv|udiv)$/, cost: each("divide") },
  { pattern: /^(vmla|vfma|vmls|vfms)/, cost: each("floatMultiplyAccumulate") },
  { pattern: /^(vdiv|vsqrt)/, cost: each("floatDivide") },
  { pattern: /^mul/, cost: each("multiply") },
  { pattern: /^(mla|mls)/, cost: each("multiplyAccumulate") },
  { pattern: /^(smull|umull)/, cost: each("multiplyLong") },
  { pattern: /^(smlal|umlal|umaal)/, cost: each("multiplyAccumulateLong") },
  { pattern: /^(mrs|msr|dmb|dsb|isb)$/, cost: each("system") },
  { pattern: /^/, cost: each("other") },
];

/** The estimated cycles of all executions of one instruction. */
export function instructionCycles(
  table: CycleTable,
  instruction: Instruction,
  context: Context,
): number {
  const base = instruction.mnemonic.split(".")[0];
  const found = classes.find(({ pattern }) => pattern.test(base))!;
  return found.cost(table, instruction, context);
}
