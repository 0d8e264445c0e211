import type { MigrationObject } from "@mikro-orm/core";
import { Migration, Migrator } from "@mikro-orm/migrations";
import { MikroORM } from "@mikro-orm/postgresql";

/** A migration in plain SQL, which is what a reviewer wants to read. Its name is never changed. */
export interface SqlMigration {
  readonly name: string;
  readonly up: string;
}

export interface ServiceSchema {
  /** Name of the PostgreSQL schema, and of the service. */
  readonly schema: string;
  readonly migrations: readonly SqlMigration[];
  /** Tables that the service may read and add to, and nothing else. */
  readonly appendOnly?: readonly string[];
}

/** Brings one service's schema to the newest version, each migration in its transaction. Two at once wait for each other. */
export async function migrateSchema(ownerUrl: string, { schema, migrations }: ServiceSchema): Promise<string[]> {
  const orm = await MikroORM.init({
    clientUrl: ownerUrl,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    logger: () => undefined,
    pool: { min: 0, max: 2 },
    migrations: {
      migrationsList: migrations.map(toMigrationObject),
      tableName: `${schema}.migrations`,
      snapshot: false,
      allOrNothing: true,
    },
  });
  try {
    const executed = await orm.migrator.up();
    return executed.map((migration) => migration.name);
  } finally {
    await orm.close(true);
  }
}

function toMigrationObject({ name, up }: SqlMigration): MigrationObject {
  return {
    name,
    class: class extends Migration {
      override up(): void {
        this.addSql(up);
      }
    },
  };
}
