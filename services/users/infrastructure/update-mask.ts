import type { UpdateUserRequest } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { fieldNotUpdatable } from "../domain/errors.ts";

/**
 * The new name that a request asks for; null when it asks for none (AIP-134: without a mask, every populated field
 * counts). @throws FIELD_NOT_UPDATABLE for a mask that names anything else.
 */
export function requestedName({ user, updateMask }: UpdateUserRequest): string | null {
  const name = user?.name ?? "";
  const paths = updateMask?.paths ?? [];
  const foreign = paths.find((path) => path !== "name");
  if (foreign !== undefined) throw fieldNotUpdatable(`user.${foreign}`);
  return paths.length > 0 || name !== "" ? name : null;
}
