import { type Command, Option } from "commander";
import { services } from "./databases.ts";

/** The same choice for every command about several letters. */
export const withFilterOptions = (command: Command): Command =>
  command
    .addOption(new Option("--service <name>", "kept by this service").choices(services))
    .option("--queue <name>", "given up in this queue, e.g. user_commands")
    .option("--reason <reason>", "with this reason, e.g. ATTEMPTS_EXHAUSTED")
    .option("--type <type>", "of this type, e.g. CreateUser or limen.users.v1.CreateUser")
    .option("--before <time>", "that died before: 2026-01-31T12:00:00Z (UTC when it names no zone), or 2h ago as 2h")
    .option("--after <time>", "that died at or after");

/** For commands that must not do it to all of them by mistake. */
export const withAllOption = (command: Command): Command => command.option("--all", "every dead letter there is");
