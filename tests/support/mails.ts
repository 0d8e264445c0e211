import assert from "node:assert/strict";
import type { System } from "../system/system.ts";

/** Text of the newest mail to the address whose subject matches and which is right; waits for it. */
export async function mailTo(
  { mails }: Pick<System, "mails">,
  email: string,
  subject: RegExp,
  isRight = (_text: string) => true,
): Promise<string> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = (await mails()).findLast((mail) => mail.to === email && subject.test(mail.subject));
    if (found !== undefined && isRight(found.text)) return found.text;
    assert.ok(Date.now() < end, `no mail to ${email} with ${subject}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Token of the link in the newest such mail, once that is not `earlier`. */
export async function mailedToken(
  system: Pick<System, "mails">,
  email: string,
  subject: RegExp,
  earlier = "",
): Promise<string> {
  const tokenIn = (text: string) => /\?token=([A-Za-z0-9_-]+)\s/.exec(text)?.[1] ?? "";
  return tokenIn(await mailTo(system, email, subject, (text) => tokenIn(text) !== earlier));
}
