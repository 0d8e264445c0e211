import type { EntityManager } from "@mikro-orm/postgresql";
import type { Transactions } from "../../platform/database/transactions.ts";
import type { Log } from "../../platform/log.ts";
import { claimMessage } from "../../platform/messaging/inbox.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import type { AuditEntry } from "../application/credential-ports.ts";
import type { Clock, Ids, Transaction, UnitOfWork } from "../application/ports.ts";
import { outboxMessages } from "./outbox-messages.ts";
import { accountsOf } from "./postgres-accounts.ts";
import { auditOf, logAudit } from "./postgres-audit.ts";
import { emailChangesOf } from "./postgres-email-changes.ts";
import { mailsOf } from "./postgres-mails.ts";
import { proofsOf } from "./postgres-proofs.ts";
import { registrationsOf } from "./postgres-registrations.ts";
import { sessionsOf } from "./postgres-sessions.ts";
import { observeRegistrations, type RegistrationChange, tellRegistration } from "./registration-observer.ts";

export function createPostgresUnitOfWork(deps: {
  transactions: Transactions;
  ids: Ids;
  clock: Clock;
  /** Called with what a commit left in the outbox. */
  onMessages: (envelopes: readonly Envelope[]) => void;
  /** Repeats what a commit keeps in the audit trail, and tells what became of registrations. */
  log: Pick<Log, "info">;
}): UnitOfWork {
  async function run<T>(work: (em: EntityManager, tx: Transaction) => Promise<T>): Promise<T> {
    let sent: Envelope[] = [];
    let audited: AuditEntry[] = [];
    let changes: RegistrationChange[] = [];
    const result = await deps.transactions.run((em) => {
      // Another attempt begins from nothing.
      sent = [];
      audited = [];
      changes = [];
      return work(em, {
        registrations: observeRegistrations(registrationsOf(em), (change) => void changes.push(change)),
        accounts: accountsOf(em),
        sessions: sessionsOf(em),
        proofs: proofsOf(em),
        emailChanges: emailChangesOf(em),
        mails: mailsOf(em, deps),
        audit: auditOf(em, deps, (entry) => void audited.push(entry)),
        messages: outboxMessages(em, { ...deps, onSend: (envelope) => void sent.push(envelope) }),
      });
    });
    if (sent.length > 0) deps.onMessages(sent);
    for (const entry of audited) logAudit(deps.log, entry);
    for (const change of changes) tellRegistration(deps.log, change);
    return result;
  }

  return {
    run: (work) => run((_, tx) => work(tx)),
    runOnce: (messageId, work) =>
      run(async (em, tx) => {
        if (await claimMessage(em, "auth", "auth", messageId)) await work(tx);
      }),
  };
}
