import { reactivate, type User } from "../domain/user.ts";
import { type ChangeUserCommand, type ChangeUserDeps, changeUser } from "./change-user.ts";

export type ReactivateUser = (command: ChangeUserCommand) => Promise<User>;

export const createReactivateUser =
  (deps: ChangeUserDeps): ReactivateUser =>
  (command) =>
    changeUser(deps, command, reactivate, "user-reactivated");
