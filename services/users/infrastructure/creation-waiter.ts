import { createBatchedWaiter } from "../../platform/batched-waiter.ts";
import { describeError, type Log } from "../../platform/log.ts";
import type { Decisions, UserReader } from "../application/ports.ts";
import { type Creation, isDecided } from "../domain/creation.ts";

/** Watches the creations that somebody waits for, all in one query. */
export function createCreationWaiter(deps: { reader: Pick<UserReader, "findCreations">; log: Log }): Decisions {
  const waiter = createBatchedWaiter<Creation>({
    load: async (ids) => new Map((await deps.reader.findCreations(ids)).map((creation) => [creation.id, creation])),
  });
  return {
    async waitFor(creationId, limit) {
      try {
        const creation = await waiter.wait(creationId, isDecided, limit);
        return creation !== null && isDecided(creation) ? creation : null;
      } catch (error) {
        // The creation is asked for all the same; failing now would make the caller ask for it twice.
        deps.log.warn({ event: "creation_wait_failed", creationId, error: describeError(error) }, "outcome unknown");
        return null;
      }
    },
  };
}
