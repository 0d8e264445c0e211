import { spawn } from "node:child_process";

export interface CommandOptions {
  /** Kills the command when aborted. */
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
}

/** A command that ended with something else than 0. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  /** What it printed, both streams in order of arrival. */
  readonly output: string;

  constructor(command: string, ending: string, output: string) {
    super(`${command} ended with ${ending}`);
    this.output = output;
  }
}

/**
 * Runs a command line (`sh -c`, so pipes work) and resolves when it ends with 0.
 * @throws CommandFailed with its output.
 */
export function runCommand(commandLine: string, options: CommandOptions): Promise<void> {
  return run("bash", ["-o", "pipefail", "-c", commandLine], commandLine, { ...options, isShown: false });
}

/** Runs a program whose output goes straight to the terminal. */
export function runShown(program: string, args: readonly string[], options: CommandOptions): Promise<void> {
  return run(program, args, program, { ...options, isShown: true });
}

function run(
  program: string,
  args: readonly string[],
  name: string,
  { signal, env = process.env, isShown }: CommandOptions & { readonly isShown: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, signal, stdio: isShown ? "inherit" : ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new CommandFailed(name, killedBy ?? `exit code ${code}`, output));
    });
  });
}
