import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { Mailer, RenderedMail } from "./mailer.ts";

type Received = Pick<RenderedMail, "to" | "subject" | "text" | "html">;

/** Every implementation of the port runs these. `received` tells what has arrived at the other side, oldest first. */
export function mailerContract(
  name: string,
  open: () => { mailer: Mailer; received: () => readonly Received[] },
): void {
  const mail = (to: string): RenderedMail => ({
    id: randomUUID(),
    to,
    subject: "Restablece tu contraseña: ñandú, 日本 🔑 and a subject that is longer than a line may be",
    text: `Hola:\n\nhttps://limen.example.com/reset-password?token=${"a".repeat(64)}\n\n.\n.. ¡Adiós!`,
    html: `<!doctype html>\n<p><a href="https://limen.example.com/?a=b&amp;c=d">¡Hola!</a></p>`,
  });
  const signal = AbortSignal.timeout(5_000);

  describe(`Mailer contract: ${name}`, () => {
    it("hands over a mail as it is, and in the order of the sending", async () => {
      const { mailer, received } = open();
      const [first, second] = [mail("ada@example.com"), mail("o'hara+x@example.com")];
      await mailer.send(first, signal);
      await mailer.send(second, signal);
      assert.deepEqual(
        received()
          .slice(-2)
          .map(({ to, subject, text, html }) => ({ to, subject, text, html })),
        [first, second].map(({ id: _, ...rest }) => rest),
      );
      mailer.close();
    });

    it("sends to one address, whatever it looks like", async () => {
      const { mailer, received } = open();
      await mailer.send(mail('"a,b"@example.com'), signal);
      assert.equal(received().at(-1)?.to, '"a,b"@example.com');
      mailer.close();
    });
  });
}
