import { parseName, rename, type User } from "../domain/user.ts";
import { type ChangeUserCommand, type ChangeUserDeps, changeUser } from "./change-user.ts";

export interface UpdateUserCommand extends ChangeUserCommand {
  /** Null: keep the one there is. */
  readonly name: string | null;
}

export type UpdateUser = (command: UpdateUserCommand) => Promise<User>;

export function createUpdateUser(deps: ChangeUserDeps): UpdateUser {
  return async (command) => {
    const name = command.name === null ? null : parseName(command.name);
    return changeUser(deps, command, (user, now) => rename(user, name ?? user.name, now), "user-updated");
  };
}
