import { emailChangesContract } from "./email-changes.contract.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { newcomersContract } from "./newcomers.contract.ts";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";

const open = () => {
  const uow = createInMemoryUnitOfWork();
  return {
    uow,
    sendAll: uow.sendAll,
    messagesAbout: async (creationId: string) =>
      [...uow.published(), ...uow.requested()].filter((sent) => "creationId" in sent && sent.creationId === creationId)
        .length,
  };
};

unitOfWorkContract("in memory", open);
newcomersContract("in memory", open);
emailChangesContract("in memory", open);
