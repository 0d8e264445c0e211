import { type EntityManager, LockMode } from "@mikro-orm/postgresql";
import type { Creations } from "../application/ports.ts";
import type { Creation, DecidedCreation, RejectionReason } from "../domain/creation.ts";
import type { UserId } from "../domain/user.ts";
import { CreationRow } from "./postgres-schema.ts";

export function creationsOf(em: EntityManager): Creations {
  return {
    /** The insert waits for a concurrent one to end; the lock waits for whoever decides a creation that was known before. */
    async claim(creation) {
      const { id: creationId, userId } = creation;
      const claimed = await em
        .createQueryBuilder(CreationRow)
        .insert({ creationId, userId })
        .onConflict("creationId")
        .ignore()
        .returning("creationId")
        .execute<unknown[]>("all");
      if (claimed.length === 1) return creation;
      const row = await em.findOneOrFail(CreationRow, { creationId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      return toCreation({ creationId, userId: row.userId, outcome: row.outcome ?? null, reason: row.reason ?? null });
    },
    async decide(decision) {
      const reason = decision.state === "REJECTED" ? decision.reason : null;
      await em.nativeUpdate(CreationRow, { creationId: decision.id }, { outcome: decision.state, reason });
    },
  };
}

export interface CreationColumns {
  readonly creationId: string;
  readonly userId: UserId;
  /** Null while nothing is decided. */
  readonly outcome: DecidedCreation["state"] | null;
  /** Set where the outcome is REJECTED. */
  readonly reason: RejectionReason | null;
}

export function toCreation({ creationId: id, userId, outcome, reason }: CreationColumns): Creation {
  if (outcome === null) return { id, userId, state: "PENDING" };
  if (outcome === "CREATED") return { id, userId, state: outcome };
  if (reason === null) throw new Error(`creation ${id} is REJECTED without a reason`);
  return { id, userId, state: outcome, reason };
}
