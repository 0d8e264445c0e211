/** `limen healthcheck [livez|readyz]`: asks the role in this container; exit code 0 for yes and 1 for no. */

const port = process.env.MANAGEMENT_PORT ?? "9090";
const question = process.argv[2] ?? "livez";

try {
  const answer = await fetch(`http://127.0.0.1:${port}/${question}`, { signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) fail(`answered ${answer.status}: ${await answer.text()}`);
} catch (error) {
  fail(String(error instanceof Error ? (error.cause ?? error) : error));
}

function fail(why: string): void {
  process.stderr.write(`${question} ${why}\n`);
  process.exitCode = 1;
}
