import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";

unitOfWorkContract("in memory", () => {
  const uow = createInMemoryUnitOfWork();
  return { uow, registrations: uow.registrations, accounts: uow.accounts };
});
