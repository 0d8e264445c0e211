import { userChanged } from "../domain/events.ts";
import type { User } from "../domain/user.ts";
import type { UnitOfWork, UserReader } from "./ports.ts";

export interface RepublishedUsers {
  readonly count: number;
  /** Those of the given ids that are nobody's. */
  readonly missing: readonly string[];
}

/**
 * Tells of users again, as they are now: of those with the given ids, or of all. `onBatch` hears how many were told of in
 * each transaction, and is waited for.
 */
export type RepublishUsers = (
  which: readonly string[] | "all",
  onBatch: (count: number) => Promise<void>,
) => Promise<RepublishedUsers>;

const batchSize = 200;

/**
 * For a receiver that has lost what it heard, such as one that was restored from a backup: whatever version it knows, it
 * takes a newer one over. Users are read without a lock, for a change meanwhile announces a version that is newer still.
 */
export function createRepublishUsers({ uow, reader }: { uow: UnitOfWork; reader: UserReader }): RepublishUsers {
  async function publish(users: readonly User[]): Promise<void> {
    await uow.run(async ({ messages }) => {
      for (const user of users) await messages.publish(userChanged("user-updated", user, null));
    });
  }

  async function* everybody(): AsyncGenerator<User[]> {
    let after: string | null = null;
    for (;;) {
      const page: User[] = await reader.list({ after, limit: batchSize });
      if (page.length > 0) yield page;
      if (page.length < batchSize) return;
      after = page.at(-1)?.id ?? null;
    }
  }

  async function* these(ids: readonly string[]): AsyncGenerator<User[]> {
    for (let start = 0; start < ids.length; start += batchSize) {
      const found = await reader.findMany(ids.slice(start, start + batchSize));
      if (found.length > 0) yield found;
    }
  }

  return async (which, onBatch) => {
    const missing = new Set(which === "all" ? [] : which);
    let count = 0;
    for await (const users of which === "all" ? everybody() : these([...missing])) {
      await publish(users);
      for (const { id } of users) missing.delete(id);
      count += users.length;
      await onBatch(users.length);
    }
    return { count, missing: [...missing] };
  };
}
