import { runProgram } from "./program.ts";
import { createTerminal } from "./terminal.ts";

process.exitCode = await runProgram({ env: process.env, terminal: createTerminal(process) }, process.argv.slice(2));
