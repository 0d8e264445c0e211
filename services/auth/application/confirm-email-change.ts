import { changing, type EmailChange, isFinishedChange } from "../domain/email-change.ts";
import { emailChangeInProgress, invalidProof } from "../domain/errors.ts";
import type { AuthMessage } from "../domain/messages.ts";
import { answerDeadline } from "../domain/saga.ts";
import type { Guard } from "./credential-ports.ts";
import type { FindProof } from "./find-proof.ts";
import type { Clock, EmailChangeProgress, UnitOfWork, Waiter } from "./ports.ts";

export interface ConfirmEmailChangeCommand {
  /** Of the mailed link. */
  readonly token: string;
  readonly waitMs: number;
  readonly ipAddress: string;
  /** Aborts when the caller has gone: the change goes on, nobody waits for it. */
  readonly signal?: AbortSignal;
}

/** @throws DomainError INVALID_PROOF, EMAIL_CHANGE_IN_PROGRESS (the link still counts), THROTTLED. */
export type ConfirmEmailChange = (command: ConfirmEmailChangeCommand) => Promise<EmailChangeProgress>;

interface ConfirmEmailChangeDeps {
  readonly uow: UnitOfWork;
  readonly findProof: FindProof;
  readonly guard: Guard;
  readonly waiter: Waiter<EmailChangeProgress>;
  readonly clock: Clock;
  readonly answerScheduleMs: readonly number[];
}

/**
 * Uses the link up and asks users-service for the change in one transaction, then waits for the end. From the commit on it
 * happens, whatever becomes of this process or of the caller's patience.
 */
export function createConfirmEmailChange(deps: ConfirmEmailChangeDeps): ConfirmEmailChange {
  return async ({ token, waitMs, ipAddress, signal }) => {
    const proof = await deps.findProof({ token, kinds: ["CHANGE_EMAIL"], ipAddress });
    const { id, userId, email: to, sessionId = null } = proof;

    const change = await deps.uow.run(async ({ accounts, proofs, emailChanges, messages, audit }) => {
      const now = deps.clock.now();
      const account = await accounts.find(userId);
      if (account?.status !== "ACTIVE" || !(await proofs.use(id, now))) throw invalidProof();
      const addresses = { from: account.email, to };
      const confirmed = changing(
        { id, userId, addresses, sessionId },
        now,
        answerDeadline(deps.answerScheduleMs, 1, now),
      );
      if (!(await emailChanges.add(confirmed))) throw emailChangeInProgress();
      await messages.send(pendingChangeCommand(confirmed));
      await audit({ event: "email_change_confirmed", userId, ipAddress, changeId: id });
      return confirmed;
    });
    await deps.guard.owner(to, ipAddress);

    if (waitMs <= 0) return change;
    const end = await deps.waiter.wait(id, isFinishedChange, { timeoutMs: waitMs, ...(signal && { signal }) });
    return end ?? change;
  };
}

/** What an unfinished change waits to be answered. */
export function pendingChangeCommand({ id: changeId, userId, state, addresses }: EmailChange): AuthMessage {
  if (state === "COMPENSATING") return { type: "cancel-user-email-change", changeId, userId };
  if (addresses === null) throw new Error("a finished change asks for nothing");
  return { type: "change-user-email", changeId, userId, email: addresses.to };
}
