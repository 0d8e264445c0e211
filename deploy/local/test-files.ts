import { globSync } from "node:fs";

const patterns = ["services", "gateway", "deploy", "bench", "tests"].map((folder) => `${folder}/**/*.test.ts`);

/**
 * The test files of the project, sorted; only those whose path contains one of `filters`, when there are any.
 * @throws Error when nothing is left: a mistyped filter must not look like a success.
 */
export function findTestFiles(filters: readonly string[]): string[] {
  const files = globSync(patterns).sort();
  const chosen = filters.length === 0 ? files : files.filter((file) => filters.some((filter) => file.includes(filter)));
  if (chosen.length === 0) throw new Error(`No test file's path contains ${filters.join(" or ")}.`);
  return chosen;
}

/** Needs no server: neither an integration test nor one of the whole system. */
export const isUnitTest = (file: string): boolean =>
  !file.endsWith(".integration.test.ts") && !file.startsWith("tests/");
