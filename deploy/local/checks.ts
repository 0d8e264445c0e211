import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, runCommand } from "./command.ts";

export interface Check {
  readonly name: string;
  run(options: CommandOptions): Promise<void>;
}

const command = (name: string, commandLine: string): Check => ({
  name,
  run: (options) => runCommand(commandLine, options),
});

/** What is checked without running anything of ours, the most telling first. */
export const staticChecks: readonly Check[] = [
  command("types (tsc)", "tsc -p ."),
  command("style and hexagon rules (biome)", "biome ci --colors=off ."),
  command("contracts (buf lint)", "buf lint"),
  command("contracts' format (buf format)", "buf format proto --diff --exit-code"),
  // Piped, because buf would otherwise resolve the modules next to the baseline, which is an image of all of them.
  command(
    "contracts' compatibility (buf breaking)",
    "buf build -o - | buf breaking - --exclude-imports --against proto/baseline.binpb",
  ),
  { name: "generated code is current (buf generate)", run: generatedCodeIsCurrent },
  command("unused code (knip)", "knip --no-progress"),
];

async function generatedCodeIsCurrent(options: CommandOptions): Promise<void> {
  const fresh = await mkdtemp(join(tmpdir(), "limen-generated-"));
  try {
    await runCommand(`buf generate --output '${fresh}' && diff -r '${fresh}/proto/gen' proto/gen`, options);
  } finally {
    await rm(fresh, { recursive: true });
  }
}
