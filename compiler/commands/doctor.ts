/** `mote doctor`: which tools are found, and how to get the others. */
import { checkTools } from "../run/doctor.ts";
import type { Arguments } from "./arguments.ts";
import type { Console } from "./session.ts";

export async function doctorCommand({ values }: Arguments, console: Console): Promise<number> {
  const reports = await checkTools();
  if (values.json === true) {
    console.out(JSON.stringify(reports, null, 2));
    return 0;
  }
  const width = Math.max(...reports.map((r) => r.name.length));
  for (const { name, found, version, purpose, install } of reports) {
    console.out(
      `${found ? "found  " : "missing"}  ${name.padEnd(width)}  ${version ?? `needed to ${purpose}`}`,
    );
    if (install) console.out(`         ${"".padEnd(width)}  ${install}`);
  }
  return 0;
}
