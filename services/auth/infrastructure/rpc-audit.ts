import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { decodePageToken, encodePageToken } from "../../platform/page-token.ts";
import type { AuditReader } from "../application/credential-ports.ts";

type Handlers = Pick<ServiceImpl<typeof AuthService>, "listAuditEvents">;

const defaultPageSize = 50;
const largestPageSize = 1_000;

export function createAuditHandlers({ audit }: { readonly audit: AuditReader }): Handlers {
  return {
    async listAuditEvents({ pageSize, pageToken, userId, type }) {
      const limit = Math.min(pageSize || defaultPageSize, largestPageSize);
      const query = { ...(userId !== "" && { userId }), ...(type !== "" && { type }) };
      // One more than asked for tells whether there is another page.
      const found = await audit.newest(query, { before: decodePageToken(pageToken), limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        auditEvents: page.map((event) => ({
          id: event.id,
          type: event.type,
          occurTime: timestampFromDate(event.occurTime),
          userId: event.userId ?? "",
          actor: event.actor ?? "",
          sessionId: event.sessionId ?? "",
          ipAddress: event.ipAddress ?? "",
          details: { ...event.details },
        })),
        nextPageToken: last === undefined ? "" : encodePageToken(last.id),
      };
    },
  };
}
