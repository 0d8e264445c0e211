import { createInMemorySessions } from "./in-memory-sessions.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { idleTtlMs, sessionsContract } from "./sessions.contract.ts";

sessionsContract("in memory", () => {
  const uow = createInMemoryUnitOfWork();
  return { uow, ...createInMemorySessions(uow, { idleTtlMs }) };
});
