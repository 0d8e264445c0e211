import { emailChangesContract } from "./email-changes.contract.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";

unitOfWorkContract("in memory", () => {
  const uow = createInMemoryUnitOfWork();
  return {
    uow,
    sendAll: uow.sendAll,
    messagesAbout: async (creationId) =>
      [...uow.published(), ...uow.requested()].filter((sent) => "creationId" in sent && sent.creationId === creationId)
        .length,
  };
});

emailChangesContract("in memory", () => ({ uow: createInMemoryUnitOfWork() }));
