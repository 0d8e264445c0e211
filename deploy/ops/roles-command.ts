import { Argument, Command } from "commander";
import { createGrantRole, createRevokeRole } from "../../services/auth/application/change-roles.ts";
import { type Account, type Role, roles } from "../../services/auth/domain/account.ts";
import { withAuthStore } from "./auth-store.ts";
import { type Context, jsonOption, printJson } from "./context.ts";
import { withDatabaseUrls } from "./databases.ts";

export function rolesCommand(context: Context): Command {
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
      .addOption(jsonOption())
      .action(async (email: string, role: Role, { json }: { json?: boolean }) => {
        const account = await withDatabaseUrls(context, ["auth"], ({ auth }) => change(auth, create, email, role));
        const { userId, roles } = account;
        if (json === true) printJson(context, { userId, email: account.email, roles });
        else
          context.terminal.print(`${account.email} (${userId}): ${roles.join(", ")}
`);
      });
  }
  return command;
}

function change(url: string, create: typeof createGrantRole, email: string, role: Role): Promise<Account> {
  return withAuthStore(url, ({ uow, accounts, clock }) => create({ uow, accounts, clock })(email, role));
}
