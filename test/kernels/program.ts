/** Prints a C program that calls kernels on literal data, with guard bytes round every buffer. */
import { cType } from "../../compiler/emit/c.ts";
import { halfBits } from "../../compiler/ir/half.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";
import { elementCount, type TensorType, typeBytes } from "../../compiler/ir/types.ts";
import type { ConstantArray, Core, Field, Fields } from "../../compiler/kernels/kernel.ts";
import { type KernelCall, type KernelCase, windowOf } from "./case.ts";
import { rowsRead, type Shared } from "./shared.ts";

function cFloat(x: number): string {
  if (Number.isNaN(x)) return "NAN";
  const sign = x < 0 ? "-" : "";
  return Number.isFinite(x) ? `${Math.fround(x).toExponential(8)}f` : `${sign}INFINITY`;
}

function cData({ elem, data }: Pick<Tensor, "elem" | "data">): string {
  const suffix = { int64: "ll", uint64: "ull", uint32: "u" }[elem as "int64"] ?? "";
  const text = (x: number | bigint): string => {
    if (elem === "float32" || !Number.isFinite(Number(x))) return cFloat(Number(x));
    return elem === "float16" ? `${halfBits(Number(x))}` : `${x}${suffix}`;
  };
  return Array.from(data as ArrayLike<number | bigint>, text).join(", ");
}

function cField(field: Field): string {
  if (typeof field === "number") return `${field}`;
  if (Array.isArray(field)) return `{${field.join(", ")}}`;
  if (typeof (field as { float?: unknown }).float === "number")
    return cFloat((field as { float: number }).float);
  return cStruct(field as Fields);
}

const cStruct = (fields: Fields): string =>
  `{${Object.entries(fields)
    .map(([name, field]) => `.${name} = ${cField(field)}`)
    .join(", ")}}`;

/** A buffer between guards; its contents are set when the case runs. */
const guarded = (name: string, elem: ElementType, count: number): string =>
  `static struct { uint8_t before[16]; ${cType(elem)} data[${Math.max(1, count)}]; ` +
  `uint8_t after[16]; } ${name} __attribute__((aligned(8)));`;

const constantData = (name: string, t: Pick<Tensor, "elem" | "data">): string =>
  `static const ${cType(t.elem)} ${name}[] = {${cData(t)}};`;

/** Arguments between the outputs and the struct: pieces of the rows, each in its own call. */
interface Piece {
  readonly x: string;
  readonly y: string;
  readonly rows: string;
}

/** Calls for a few rows of the input each, whose results all go to the output's beginning. */
function inputPieces(
  rows: number,
  each: number,
  piece: (begin: number, end: number, from: number) => Piece,
): Piece[] {
  const begins = Array.from({ length: Math.ceil(rows / each) }, (_, i) => i * each);
  return begins.map((begin) => {
    const end = Math.min(begin + each, rows);
    return { ...piece(begin, end, begin), y: piece(0, 0, 0).y };
  });
}

function rowPieces(call: Numbered, { node, split, shared, scattered }: KernelCase): Piece[] {
  const { binding, yStart, at: number } = call;
  if (!binding.takesRows) return [{ x: "", y: ` + ${yStart}`, rows: "" }];
  const w = windowOf(call);
  const table = scattered ? `at${number.replace(/_.*/, "")}, ${scattered.shift}` : "NULL, 0";
  const piece = (begin: number, end: number, from: number): Piece => ({
    x: scattered ? "" : ` + ${from * w.x_row!}`,
    y: ` + ${yStart + begin * w.y_row!}`,
    rows: `(mote_rows){${begin}, ${end}, ${from}, ${table}}, `,
  });
  if (call.kernel.accumulates) return inputPieces(w.in_h!, split, piece);
  const at = shared === undefined ? Math.min(split, w.out_h!) : w.out_h!;
  const first = piece(0, at, 0);
  if (at === w.out_h) return [first];
  const rest = Array.from({ length: w.out_h! - at }, (_, i) => rowsRead(node, call, at + i));
  return [first, piece(at, w.out_h!, Math.min(...rest.flat(), w.in_h! - 1))];
}

/** `at` numbers the call. */
const constantName = (at: string, c: ConstantArray): string => `c${at}_${c.name}`;

interface Numbered extends KernelCall {
  readonly at: string;
}

/** The C calls of a case, numbered. */
const callsOf = ({ calls }: KernelCase, index: number): Numbered[] =>
  calls.map((c, i) => ({ ...c, at: `${index}_${i}` }));

const scratchName = ({ scratchOver: at }: KernelCase, index: number): string =>
  at === undefined ? `s${index}.data` : `(void *)((uint8_t *)x${index}_0.data + ${at})`;

/** A place in the memory that an input and the output share. */
const pointer = (elem: ElementType, index: number, at: number): string =>
  `(${cType(elem)} *)(void *)(y${index}.data + ${at})`;

const outputName = ({ shared, outputs }: KernelCase, index: number): string =>
  shared ? pointer(outputs[0]!.elem, index, shared.y) : `y${index}.data`;

/** Outputs behind the first one. */
const otherNames = ({ outputs }: KernelCase, index: number): string[] =>
  outputs.slice(1).map((_, i) => `y${index}_${i + 1}`);

function call(test: KernelCase, index: number, part: Numbered, piece: Piece): string {
  const { shared } = test;
  const { kernel, binding, at } = part;
  const inputs = binding.inputs.map((i) => {
    if (i === undefined) return "NULL";
    if (i === shared?.input) return pointer(test.inputs[i]!.elem, index, shared.x);
    return test.isConstant(i) ? `x${index}_${i}` : `x${index}_${i}.data${piece.x}`;
  });
  const constants = binding.constants.map((c) => (c ? constantName(at, c) : "NULL"));
  const address = binding.byAddress ? "&" : "";
  const shape = `${address}(${binding.struct})${cStruct(binding.shape)}`;
  const core = binding.core ? [`core_${at}`] : [];
  const scratch = kernel.scratchBytes ? [scratchName(test, index)] : [];
  const y = `${outputName(test, index)}${piece.y}`;
  const others = otherNames(test, index).map((name) => `${name}.data`);
  const pointers = [...core, ...inputs, y, ...others, ...scratch, ...constants].join(", ");
  return `    mote_${kernel.name}(${pointers}, ${piece.rows}${shape});`;
}

const coreText = ({ macro, arguments: given }: Core, at: string): string =>
  `${macro}(${[`core_${at}`, ...given].join(", ")})`;

/** The input as it lies in memory, with 99 where nothing lies. */
function placed(x: Tensor, { scattered }: KernelCase): Pick<Tensor, "elem" | "data"> {
  if (!scattered) return x;
  const { slots, pitch } = scattered;
  const row = x.data.length / slots.length;
  const data = x.data.slice(0, 0).constructor as new (length: number) => Tensor["data"];
  const all = new data(slots.length * pitch).fill(99 as never);
  slots.forEach((slot, r) => {
    for (let i = 0; i < row; i++) all[slot * pitch + i] = x.data[r * row + i]!;
  });
  return { elem: x.elem, data: all };
}

/** Where rows of the input lie. */
function rowTable({ scattered }: KernelCase, index: number): string[] {
  if (!scattered) return [];
  const { slots, pitch, shift } = scattered;
  const data = Uint16Array.from(slots, (slot) => (slot * pitch) >> shift);
  return [constantData(`at${index}`, { elem: "uint16", data })];
}

/** A function that runs one case and writes its output. */
function caseText(test: KernelCase, index: number): string {
  const { shared, outputs } = test;
  const [output, ...others] = outputs as [TensorType, ...TensorType[]];
  const calls = callsOf(test, index);
  const own = [...new Set(calls.flatMap((c) => c.binding.inputs.filter((i) => i !== undefined)))];
  const buffers = own.filter((i) => !test.isConstant(i) && i !== shared?.input);
  const inputs = test.inputs.map((t, i) => (buffers.includes(i) ? placed(t!, test) : t));
  const fill = (name: string, i: number) =>
    `    memcpy(${name}.data, from${index}_${i}, sizeof from${index}_${i});`;
  const fillShared = ({ input, x }: Shared) =>
    `    memcpy(y${index}.data + ${x}, from${index}_${input}, sizeof from${index}_${input});`;
  const scratchBytes = test.kernel.scratchBytes?.(test.node);
  const isOver = test.scratchOver !== undefined;
  const scratch = scratchBytes === undefined || isOver ? [] : [`s${index}`];
  const sizeOf = (i: number): number => {
    const { length, BYTES_PER_ELEMENT: bytes } = inputs[i]!.data;
    return isOver
      ? Math.max(length, Math.ceil((test.scratchOver! + scratchBytes!) / bytes))
      : length;
  };
  const sameBytes = (i: number): string => `${test.scratchOver ?? `sizeof from${index}_${i}`}`;
  const otherOutputs = otherNames(test, index);
  const names = [`y${index}`, ...otherOutputs, ...scratch, ...buffers.map((i) => `x${index}_${i}`)];
  return [
    ...own.map((i) =>
      constantData(test.isConstant(i) ? `x${index}_${i}` : `from${index}_${i}`, inputs[i]!),
    ),
    ...rowTable(test, index),
    ...buffers.map((i) => guarded(`x${index}_${i}`, inputs[i]!.elem, sizeOf(i))),
    shared
      ? guarded(`y${index}`, "uint8", shared.bytes)
      : guarded(`y${index}`, output.elem, elementCount(output.shape)),
    ...others.map((t, i) => guarded(otherOutputs[i]!, t.elem, elementCount(t.shape))),
    ...scratch.map((name) => guarded(name, "int32", Math.ceil(scratchBytes! / 4))),
    ...calls.flatMap(({ binding, at }) => [
      ...(binding.core ? [coreText(binding.core, at)] : []),
      ...binding.constants.flatMap((c) => (c ? [constantData(constantName(at, c), c)] : [])),
    ]),
    `static MOTE_NOINLINE void case_${index}(void)`,
    "{",
    ...names.map((name) => `    memset(&${name}, 0xA5, sizeof ${name});`),
    ...buffers.map((i) => fill(`x${index}_${i}`, i)),
    ...(shared ? [fillShared(shared)] : []),
    ...calls.flatMap((part) =>
      rowPieces(part, test).map((piece) => call(test, index, part, piece)),
    ),
    ...names.flatMap((name) => [`    GUARD(${name}.before);`, `    GUARD(${name}.after);`]),
    ...buffers.map((i) => `    SAME(x${index}_${i}.data, from${index}_${i}, ${sameBytes(i)});`),
    `    fwrite(${outputName(test, index)}, 1, ${typeBytes(output)}, stdout);`,
    ...others.map((t, i) => `    fwrite(${otherOutputs[i]}.data, 1, ${typeBytes(t)}, stdout);`),
    "}",
  ].join("\n");
}

const head = `#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void guard(const uint8_t *bytes, const char *name)
{
    for (int i = 0; i < 16; i++) {
        if (bytes[i] != 0xA5) {
            fprintf(stderr, "guard bytes %s were overwritten\\n", name);
            exit(1);
        }
    }
}
#define GUARD(bytes) guard(bytes, #bytes)
#define SAME(a, b, bytes) \\
    do { \\
        if (memcmp(a, b, bytes) != 0) { \\
            fprintf(stderr, "input " #a " was overwritten\\n"); \\
            exit(1); \\
        } \\
    } while (0)
`;

/** The whole program; it writes the outputs of all cases one after the other. */
export function programText(cases: readonly KernelCase[]): string {
  const headers = [...new Set(cases.map((c) => c.kernel.header))].sort();
  return [
    ...headers.map((header) => `#include "${header}"`),
    head,
    ...cases.map(caseText),
    "int main(void)",
    "{",
    ...cases.map((_, i) => `    case_${i}();`),
    "    return 0;",
    "}",
    "",
  ].join("\n");
}
