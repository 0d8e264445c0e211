import { lchown, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The user that runs PostgreSQL, which refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Creates PostgreSQL's own directory, closed to others, and says who must run the server there: undefined for the
 * current user; when that is root, the directory's owner, who is `postgres` or `nobody` for a new one.
 * @throws Error when the directory belongs to somebody whose identity the current user cannot take on.
 */
export async function ownDirectory(directory: string): Promise<Account | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const owner = await stat(directory);
  const self = process.getuid?.();
  if (self === undefined) return undefined;
  if (self !== 0) {
    if (owner.uid === self) return undefined;
    const advice = "Start as that user, or choose another DATA_DIR.";
    throw new Error(`${directory} belongs to another user (uid ${owner.uid}), who ran Limen here before. ${advice}`);
  }
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = unprivileged(await readFile("/etc/passwd", "utf8"));
  await lchown(directory, account.uid, account.gid);
  return account;
}

/** An account that every system has, so that none needs to be created. */
export function unprivileged(passwd: string): Account {
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] =
      passwd
        .split("\n")
        .map((line) => line.split(":"))
        .find((entry) => entry[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65_534, gid: 65_534 };
}

/** Whether the account may traverse every directory above the path and read and run (or traverse) the path itself. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  const resolved = await realpath(path);
  for (let place = resolved; ; place = dirname(place)) {
    const { uid, gid, mode } = await stat(place);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    const needed = place === resolved ? 0o5 : 0o1;
    if (((mode >> shift) & needed) !== needed) return false;
    if (place === dirname(place)) return true;
  }
}
