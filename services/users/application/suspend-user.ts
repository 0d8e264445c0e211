import { suspend, type User } from "../domain/user.ts";
import { type ChangeUserCommand, type ChangeUserDeps, changeUser } from "./change-user.ts";

export type SuspendUser = (command: ChangeUserCommand) => Promise<User>;

export const createSuspendUser =
  (deps: ChangeUserDeps): SuspendUser =>
  (command) =>
    changeUser(deps, command, suspend, "user-suspended");
