import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { proofsContract } from "./proofs.contract.ts";

proofsContract("in memory", () => {
  const uow = createInMemoryUnitOfWork();
  return { uow, reader: uow.proofs };
});
