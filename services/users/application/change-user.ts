import { userNotFound } from "../domain/errors.ts";
import { type UserChanged, userChanged } from "../domain/events.ts";
import { parseUserId, requireVersion, type User } from "../domain/user.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** Which user, and in which version. */
export interface ChangeUserCommand {
  readonly userId: string;
  /** From a user that was read before. Null: whatever version there is. */
  readonly etag: string | null;
  /** Id of the user who asks; null where a service does. */
  readonly actor: string | null;
}

/** What every change of a user has in common. */
export interface ChangeUserDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
}

/**
 * Changes one user, and announces it unless the change changed nothing.
 * @throws USER_NOT_FOUND, ETAG_MISMATCH, and what `change` throws.
 */
export function changeUser(
  { uow, clock }: ChangeUserDeps,
  { userId, etag, actor }: ChangeUserCommand,
  change: (user: User, now: Date) => User,
  announcement: UserChanged["type"],
): Promise<User> {
  return uow.run(async ({ users, messages }) => {
    const user = await users.find(parseUserId(userId));
    if (user === null) throw userNotFound();
    requireVersion(user, etag);
    const changed = change(user, clock.now());
    if (changed === user) return user;
    await users.save(changed);
    await messages.publish(userChanged(announcement, changed, actor));
    return changed;
  });
}
