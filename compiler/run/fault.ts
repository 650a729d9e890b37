/** Reads the fault report of the harness and says what it means. */
import { type Diagnostic, guestFault } from "../diagnostics.ts";
import type { ProgramSymbol } from "./size.ts";

/** Registers by name as the harness printed them: r0-r3, r12, lr, pc, xpsr, cfsr, hfsr, bfar. */
export type Registers = ReadonlyMap<string, number>;

/** The registers in the program's output; undefined when it did not fault. */
export function parseFault(said: string): Registers | undefined {
  const lines = [...said.matchAll(/^mote: fault (\w+)=0x([0-9a-f]{8})$/gm)];
  if (lines.length === 0) return undefined;
  return new Map(lines.map(([, name, value]) => [name, parseInt(value, 16)]));
}

/** Bits of the CFSR (Armv8-M Architecture Reference Manual, D1.2.45). */
const causes: readonly (readonly [bit: number, meaning: string])[] = [
  [0, "instruction access violation"],
  [1, "data access violation"],
  [4, "memory fault while stacking, most likely a stack overflow"],
  [8, "instruction bus error"],
  [9, "data bus error"],
  [10, "imprecise data bus error"],
  [12, "bus fault while stacking, most likely a stack overflow"],
  [16, "undefined instruction"],
  [17, "invalid state (a jump to an address without the Thumb bit?)"],
  [18, "invalid return from an exception"],
  [19, "no coprocessor (FPU or MVE instruction on a core without it?)"],
  [20, "stack overflow"],
  [24, "unaligned access"],
  [25, "division by zero"],
];

const [mmfarValid, bfarValid] = [7, 15];

const has = (value: number, bit: number): boolean => ((value >>> bit) & 1) === 1;

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

function cause(registers: Registers): string {
  const cfsr = registers.get("cfsr") ?? 0;
  if (registers.get("overflow") === 1) return "stack overflow";
  const known = causes.filter(([bit]) => has(cfsr, bit)).map(([, meaning]) => meaning);
  const text = known.join(", ") || `exception ${registers.get("exception")}`;
  if (has(cfsr, bfarValid)) return `${text} at address ${hex(registers.get("bfar") ?? 0)}`;
  return has(cfsr, mmfarValid) ? `${text} at address ${hex(registers.get("mmfar") ?? 0)}` : text;
}

/** `in function+0x12` for a code address. */
export function locate(address: number, symbols: readonly ProgramSymbol[]): string {
  const symbol = symbols.find((s) => address >= s.address && address < s.address + s.bytes);
  return symbol ? ` in ${symbol.name}+0x${(address - symbol.address).toString(16)}` : "";
}

function registerTable(registers: Registers): string {
  const shown = [...registers].filter(([name]) => name !== "overflow");
  const cells = shown.map(([name, value]) => `${name.padStart(9)}=${hex(value)}`);
  const rows = Array.from({ length: Math.ceil(cells.length / 4) }, (_, i) => i * 4);
  return rows.map((start) => cells.slice(start, start + 4).join(" ")).join("\n");
}

/** The message for a program that ended in the fault handler. */
export function faultDiagnostic(
  target: string,
  registers: Registers,
  symbols: readonly ProgramSymbol[],
): Diagnostic {
  const pc = registers.get("pc");
  const where = pc === undefined ? "" : `, pc ${hex(pc)}${locate(pc, symbols)}`;
  return guestFault(target, `${cause(registers)}${where}`, registerTable(registers));
}
