import { Argument, Command } from "commander";
import { createGrantRole, createRevokeRole } from "../../services/auth/application/change-roles.ts";
import { type Account, type Role, roles } from "../../services/auth/domain/account.ts";
import { createAccountReader } from "../../services/auth/infrastructure/postgres-readers.ts";
import { AccountRow, RegistrationRow } from "../../services/auth/infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "../../services/auth/infrastructure/postgres-unit-of-work.ts";
import { openDatabase } from "../../services/platform/database/database.ts";
import { createTransactions } from "../../services/platform/database/transactions.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { createLog } from "../../services/platform/log.ts";
import { withAuthDatabase } from "./auth-database.ts";

export function rolesCommand(): Command {
  const command = new Command("roles").description("what an account may do; effective with its next access token");
  for (const [name, create, description] of [
    ["grant", createGrantRole, "give the account a role"],
    ["revoke", createRevokeRole, "take a role from the account"],
  ] as const) {
    command
      .command(name)
      .description(description)
      .addArgument(new Argument("<email>", "address of the account"))
      .addArgument(new Argument("<role>", "the role").choices(roles))
      .option("--json", "for machines")
      .action((email: string, role: Role, { json }: { json?: boolean }) =>
        withAuthDatabase(process.env, async (url) => print(await change(url, create, email, role), json === true)),
      );
  }
  return command;
}

async function change(url: string, create: typeof createGrantRole, email: string, role: Role): Promise<Account> {
  const log = createLog("warn", "ops");
  const db = await openDatabase({
    url,
    entities: [AccountRow, RegistrationRow],
    applicationName: "limen ops",
    poolSize: 2,
    log,
  });
  try {
    const clock = { now: () => new Date() };
    const uow = createPostgresUnitOfWork({
      transactions: createTransactions(db),
      clock,
      ids: { next: () => uuidv7() },
      onMessages: () => undefined,
    });
    const changeRole = create({
      uow,
      accounts: createAccountReader(db.pool),
      clock,
      audit: (entry) => log.info({ ...entry }, "audit"),
    });
    return await changeRole(email, role);
  } finally {
    await db.close();
  }
}

function print({ userId, email, roles }: Account, json: boolean): void {
  process.stdout.write(
    json ? `${JSON.stringify({ userId, email, roles })}\n` : `${email} (${userId}): ${roles.join(", ")}\n`,
  );
}
