/** What a script branches on. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, problemsFound: 3 } as const;

/** The command makes no sense as it was given. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Not all that was asked for was done; the result, which is printed, tells what was. */
export class Incomplete extends Error {
  override readonly name = "Incomplete";
}

/** `--check` was given and there is something for an operator to look at. */
export class ProblemsFound extends Error {
  override readonly name = "ProblemsFound";
}
