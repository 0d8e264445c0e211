interface UnitOfWork<Tx> {
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  runOnce(messageId: string, work: (tx: Tx) => Promise<void>): Promise<void>;
}

/** The process died before its transaction was committed. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** A unit of work whose process can die with everything done and nothing committed. */
export function createCrashingUnitOfWork<Tx>(uow: UnitOfWork<Tx>) {
  let armed = false;
  const crashing =
    <T>(work: (tx: Tx) => Promise<T>) =>
    async (tx: Tx): Promise<T> => {
      const result = await work(tx);
      if (armed) throw new Crash();
      return result;
    };
  return {
    run: <T>(work: (tx: Tx) => Promise<T>) => uow.run(crashing(work)),
    runOnce: (messageId: string, work: (tx: Tx) => Promise<void>) => uow.runOnce(messageId, crashing(work)),
    /** Dies at the first commit of `action`, if it gets to one. @throws Crash */
    async dieDuring<T>(action: () => Promise<T>): Promise<T> {
      armed = true;
      try {
        return await action();
      } finally {
        armed = false;
      }
    },
  };
}
