import type { EntityManager } from "@mikro-orm/postgresql";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { EmailChanges } from "../application/ports.ts";
import type { DecidedEmailChange, EmailChange, EmailChangeRejection } from "../domain/email-change.ts";
import type { UserId } from "../domain/user.ts";

interface Row {
  readonly id: string;
  readonly userId: UserId;
  readonly outcome: DecidedEmailChange["state"] | null;
  readonly reason: EmailChangeRejection | null;
}

export function emailChangesOf(em: EntityManager): EmailChanges {
  return {
    /** The insert waits for a concurrent one to end. */
    async claim(change) {
      const claimed = await sql(
        em,
        `insert into users.email_changes (change_id, user_id) values ($1, $2)
         on conflict do nothing returning 1`,
        [change.id, change.userId],
      );
      if (claimed.length === 1) return change;
      const [row] = await sql<Row>(
        em,
        `select change_id as id, user_id as "userId", outcome, reason from users.email_changes
         where change_id = $1 for update`,
        [change.id],
      );
      if (row === undefined) throw new Error(`change ${change.id} is claimed, but it is missing`);
      return toEmailChange(row);
    },
    async decide(decision) {
      postSql(em, "update users.email_changes set outcome = $2, reason = $3 where change_id = $1", [
        decision.id,
        decision.state,
        decision.state === "REJECTED" ? decision.reason : null,
      ]);
    },
  };
}

function toEmailChange({ id, userId, outcome, reason }: Row): EmailChange {
  if (outcome === null) return { id, userId, state: "PENDING" };
  if (outcome === "CHANGED") return { id, userId, state: outcome };
  if (reason === null) throw new Error(`change ${id} is REJECTED without a reason`);
  return { id, userId, state: outcome, reason };
}
