import type { EmailChange } from "../domain/email-change.ts";
import { pendingChangeCommand } from "./confirm-email-change.ts";
import { createSweepSagas, type SweepDeps, type SweepSagas } from "./sweep-sagas.ts";

/** What cannot be asked for is given up, so that nobody's address changes days after they forgot of it. */
export const createSweepEmailChanges = (deps: SweepDeps): SweepSagas =>
  createSweepSagas<EmailChange>(deps, {
    kept: ({ emailChanges }) => emailChanges,
    askingState: "CHANGING",
    pendingCommand: pendingChangeCommand,
  });
