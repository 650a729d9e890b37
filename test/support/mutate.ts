/** Messages of a model file with one field, element or number changed. */
import type { Random } from "./random.ts";

/** What protobuf.js makes of a message: its integers of 64 bits are texts. */
export type Plain =
  | number
  | string
  | boolean
  | Uint8Array
  | readonly Plain[]
  | { readonly [name: string]: Plain };

const integers = [0, -1, 1, 2, 3, 7, 100, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31)] as const;
const longs = [...integers.map(String), "9223372036854775807", "-9223372036854775808"];
const floats = [NaN, Infinity, -Infinity, 1e38, 1e-45, 0.5];
const texts = ["", "bogus", "NOTSET", "linear", "x", "y"];

function changedList(list: readonly Plain[], random: Random): Plain {
  const at = random.int(0, list.length - 1);
  switch (random.int(0, 9)) {
    case 0:
      return [];
    case 1:
      return list.toSpliced(at, 1);
    case 2:
      return list.toSpliced(at, 0, list[at]!);
    case 3:
      return list.with(at, random.pick(list));
    default:
      return list.with(at, mutated(list[at]!, random));
  }
}

function changedMessage(message: { readonly [name: string]: Plain }, random: Random): Plain {
  const names = Object.keys(message);
  if (names.length === 0) return message;
  const name = random.pick(names);
  if (random.int(0, 9) > 0) return { ...message, [name]: mutated(message[name]!, random) };
  return Object.fromEntries(Object.entries(message).filter(([other]) => other !== name));
}

function changedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0 || random.int(0, 3) === 0) return bytes.slice(1);
  return bytes.with(random.int(0, bytes.length - 1), random.int(0, 255));
}

/** @returns a copy with one change, as likely near the root as in a large tensor. */
export function mutated(value: Plain, random: Random): Plain {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return random.pick([...integers, ...floats]);
  if (typeof value === "string") return random.pick(/^-?\d+$/.test(value) ? longs : texts);
  if (value instanceof Uint8Array) return changedBytes(value, random);
  if (Array.isArray(value)) return value.length === 0 ? value : changedList(value, random);
  return changedMessage(value as { readonly [name: string]: Plain }, random);
}
