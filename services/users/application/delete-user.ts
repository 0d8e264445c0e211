import { remove, type User } from "../domain/user.ts";
import { type ChangeUserCommand, type ChangeUserDeps, changeUser } from "./change-user.ts";

export type DeleteUser = (command: ChangeUserCommand) => Promise<User>;

export const createDeleteUser =
  (deps: ChangeUserDeps): DeleteUser =>
  (command) =>
    changeUser(deps, command, remove, "user-deleted");
