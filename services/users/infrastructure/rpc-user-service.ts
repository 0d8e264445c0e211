import { durationMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { CreateUserRequest, UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { decodePageToken, encodePageToken } from "../../platform/page-token.ts";
import { callerOf } from "../../platform/rpc/caller.ts";
import type { ChangeUserCommand } from "../application/change-user.ts";
import type { DeleteUser } from "../application/delete-user.ts";
import type { UserReader, WaitLimit } from "../application/ports.ts";
import type { ReactivateUser } from "../application/reactivate-user.ts";
import type { RequestUserCreation } from "../application/request-user-creation.ts";
import type { SuspendUser } from "../application/suspend-user.ts";
import type { UpdateUser } from "../application/update-user.ts";
import { userCreationNotFound, userNotFound } from "../domain/errors.ts";
import type { User } from "../domain/user.ts";
import { requestedName } from "./update-mask.ts";
import { creationToProtobuf, userToProtobuf } from "./user-protobuf.ts";

export interface UserServiceDeps {
  readonly reader: UserReader;
  readonly requestUserCreation: RequestUserCreation;
  readonly updateUser: UpdateUser;
  readonly suspendUser: SuspendUser;
  readonly reactivateUser: ReactivateUser;
  readonly deleteUser: DeleteUser;
}

/** `limen.users.v1.UserService`. Who may call what is declared in the contract and settled before. */
export function createUserService(deps: UserServiceDeps): ServiceImpl<typeof UserService> {
  const { reader } = deps;
  return {
    async createUser(request, context) {
      const { name, email } = request;
      const creation = await deps.requestUserCreation({ name, email, wait: waitLimit(request, context) });
      if (creation.state !== "CREATED") return { creation: creationToProtobuf(creation) };
      return { creation: creationToProtobuf(creation), ...present(await reader.find(creation.userId)) };
    },
    async getUserCreation({ id }) {
      const creation = await reader.findCreation(id);
      if (creation === null) throw userCreationNotFound();
      return { creation: creationToProtobuf(creation) };
    },
    async getUser({ id }, context) {
      const user = await reader.find(id);
      return present(user?.status === "DELETED" && !isAdmin(context) ? null : user);
    },
    async batchGetUsers({ ids }) {
      const users = await reader.findMany(ids);
      return { users: users.filter(({ status }) => status !== "DELETED").map(userToProtobuf) };
    },
    async listUsers({ pageSize, pageToken }) {
      const limit = pageSize === 0 ? 50 : Math.min(pageSize, 1_000);
      // One more than asked for tells whether there is another page.
      const found = await reader.list({ after: decodePageToken(pageToken), limit: limit + 1 });
      const users = found.slice(0, limit);
      const last = found.length > limit ? users.at(-1) : undefined;
      return { users: users.map(userToProtobuf), nextPageToken: last === undefined ? "" : encodePageToken(last.id) };
    },
    async updateUser(request, context) {
      const { id = "", etag = "" } = request.user ?? {};
      return present(await deps.updateUser({ ...changeOf({ id, etag }, context), name: requestedName(request) }));
    },
    suspendUser: async (request, context) => present(await deps.suspendUser(changeOf(request, context))),
    reactivateUser: async (request, context) => present(await deps.reactivateUser(changeOf(request, context))),
    deleteUser: async (request, context) => present(await deps.deleteUser(changeOf(request, context))),
  };
}

function present(user: User | null) {
  if (user === null) throw userNotFound();
  return { user: userToProtobuf(user) };
}

/** An etag that is not set is no condition. */
const changeOf = ({ id, etag }: { id: string; etag: string }, context: HandlerContext): ChangeUserCommand => ({
  userId: id,
  etag: etag === "" ? null : etag,
  actor: callerOf(context).user?.userId ?? null,
});

const isAdmin = (context: HandlerContext): boolean => callerOf(context).user?.roles.includes("admin") ?? false;

const maxWaitMs = 8_000;
/** What must be left of the call's deadline to answer that the decision is still to come. */
const answerMs = 250;

function waitLimit({ wait }: CreateUserRequest, { signal, timeoutMs }: HandlerContext): WaitLimit | null {
  if (wait === undefined) return null;
  const left = (timeoutMs() ?? Number.POSITIVE_INFINITY) - answerMs;
  const limit = Math.min(durationMs(wait), maxWaitMs, left);
  return limit > 0 ? { timeoutMs: limit, signal } : null;
}
