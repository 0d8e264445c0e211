import { Argument, Command } from "commander";
import { createGrantRole, createRevokeRole } from "../../services/auth/application/change-roles.ts";
import { type Account, type Role, roles } from "../../services/auth/domain/account.ts";
import { createAccountReader } from "../../services/auth/infrastructure/postgres-readers.ts";
import { withAuth } from "./open-auth.ts";

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
        withAuth(async ({ pool, uow, clock }) => {
          const changeRole = create({ uow, accounts: createAccountReader(pool), clock });
          print(await changeRole(email, role), json === true);
        }),
      );
  }
  return command;
}

function print({ userId, email, roles }: Account, json: boolean): void {
  process.stdout.write(
    json ? `${JSON.stringify({ userId, email, roles })}\n` : `${email} (${userId}): ${roles.join(", ")}\n`,
  );
}
