import { InvalidArgumentError, Option } from "commander";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
}

export const jsonOption = () => new Option("--json", "for machines: one JSON document, whose field names stay");
export const checkOption = () => new Option("--check", "exit with 3 when there is something to look at");
export const dryRunOption = () => new Option("--dry-run", "only tell what would be done");
export const yesOption = () => new Option("-y, --yes", "do not ask");

export const printJson = ({ terminal }: Context, value: unknown): void => terminal.print(`${JSON.stringify(value)}\n`);

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** For commander: a number from 1 on. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("It is a number from 1 on.");
  return Number(text);
}

/** @throws UsageError */
export function parseUuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new UsageError(`"${text}" is no id.`);
  return text.toLowerCase();
}
