import { DomainError } from "./errors.ts";

/** The last id of a page, as 16 bytes in base64url: opaque, and short enough for a query string. */
export const encodePageToken = (lastId: string): string =>
  Buffer.from(lastId.replaceAll("-", ""), "hex").toString("base64url");

/** The id after which the page begins; null for the first page. @throws DomainError INVALID_PAGE_TOKEN. */
export function decodePageToken(token: string): string | null {
  if (token === "") return null;
  if (!/^[\w-]{22}$/.test(token)) {
    throw new DomainError("invalid-argument", "INVALID_PAGE_TOKEN", "page token does not come from this list", {
      field: "page_token",
    });
  }
  const hex = Buffer.from(token, "base64url").toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
