import type {
  RefreshableSession,
  SessionOpener,
  SessionReader,
  SessionRotation,
} from "../application/credential-ports.ts";
import type { Account } from "../domain/account.ts";
import type { Session } from "../domain/session.ts";
import type { InMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";

/** The sessions of an in-memory unit of work, as PostgreSQL would read and rotate them; see sessions.contract.ts. */
export function createInMemorySessions(uow: InMemoryUnitOfWork, { idleTtlMs }: { idleTtlMs: number }) {
  const isOpen = (session: Session, now: Date): boolean =>
    uow.sessions.get(session.id)?.revokeReason === null &&
    session.expireTime > now &&
    session.lastUsedTime.getTime() > now.getTime() - idleTtlMs;

  async function find(id: string, now: Date): Promise<{ session: Session; account: Account } | null> {
    const session = uow.sessions.get(id);
    const account = session === undefined ? null : await uow.accounts.find(session.userId);
    if (session === undefined || account?.status !== "ACTIVE" || !isOpen(session, now)) return null;
    return { session, account };
  }

  const opener: SessionOpener = {
    open: (session, credentialVersion) =>
      uow.run(async ({ sessions, audit }) => {
        if (!(await sessions.open(session, credentialVersion))) return false;
        const { id: sessionId, userId, ipAddress } = session;
        await audit({ event: "login_succeeded", userId, sessionId, ipAddress });
        return true;
      }),
  };

  const rotation: SessionRotation = {
    async find(id, now) {
      const found = await find(id, now);
      return found === null ? null : toRefreshable(found.session, found.account);
    },
    rotate: (id, counter, now) =>
      uow.run(async (tx) => {
        const found = await find(id, now);
        if (found === null || found.session.counter !== counter) return null;
        const session = { ...found.session, counter: counter + 1, rotateTime: now, lastUsedTime: now };
        await tx.sessions.open(session, found.account.credentialVersion);
        return toRefreshable(session, found.account);
      }),
  };

  const reader: SessionReader = {
    list: async (userId, now) =>
      [...uow.sessions.values()]
        .filter((session) => session.userId === userId && isOpen(session, now))
        .sort((a, b) => b.createTime.getTime() - a.createTime.getTime() || (a.id < b.id ? 1 : -1))
        .map(({ id, createTime, lastUsedTime, userAgent, ipAddress }) => ({
          id,
          createTime,
          lastUsedTime,
          userAgent,
          ipAddress,
        })),
  };

  return { opener, rotation, reader };
}

const toRefreshable = (session: Session, account: Account): RefreshableSession => ({
  id: session.id,
  userId: session.userId,
  salt: session.salt,
  counter: session.counter,
  rotateTime: session.rotateTime,
  roles: account.roles,
  emailVerified: account.emailVerified,
});
