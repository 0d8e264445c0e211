import { emailChangesContract } from "./email-changes.contract.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";

emailChangesContract("in memory", () => {
  const uow = createInMemoryUnitOfWork();
  const progress = async (ids: readonly string[]) => new Map([...uow.emailChanges].filter(([id]) => ids.includes(id)));
  return { uow, progress };
});
