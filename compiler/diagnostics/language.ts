/** 21xx: what is wrong with a text of the model language. */
import { type Diagnostic, error, type Place } from "./diagnostic.ts";

/** @param text without a full stop. */
export const syntaxError = (place: Place, text: string, help?: string): Diagnostic =>
  error(2101, place, `${text}.`, help);

export const notUtf8 = (file: string): Diagnostic =>
  error(2102, { file }, "The file is no text in UTF-8.", "Save it again in this encoding.");

export const noFile = (): Diagnostic =>
  error(2103, {}, "No file was given.", "Say which: mote fmt MODEL.mote, or - for standard input.");
