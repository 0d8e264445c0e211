interface Identified {
  readonly id: string;
}

interface Batch<Asked, Row> {
  readonly asked: Asked[];
  readonly rows: Promise<ReadonlyMap<string, Row>>;
}

/** More than this are several statements: one must not keep others from the connection for long. */
const most = 100;

/**
 * What is asked for in one turn of the event loop is one statement: many then cost little more than one, here and in the
 * database, and a single one waits for nobody.
 *
 * @param run rows for what was asked, in any order; absent ones are left out. Ids are spelled as they were asked for.
 */
export function createBatchedStatement<Asked extends Identified, Row extends Identified>(
  run: (asked: readonly Asked[]) => Promise<readonly Row[]>,
): (asked: Asked) => Promise<Row | null> {
  let open: Batch<Asked, Row> | undefined;

  function begin(): Batch<Asked, Row> {
    const asked: Asked[] = [];
    const rows = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      if (open?.asked === asked) open = undefined;
      return new Map((await run(asked)).map((row) => [row.id, row]));
    });
    return { asked, rows };
  }

  return async (one) => {
    if (open === undefined || open.asked.length === most) open = begin();
    open.asked.push(one);
    return (await open.rows).get(one.id) ?? null;
  };
}
