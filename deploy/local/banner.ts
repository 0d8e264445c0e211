/** What a newcomer sees when everything is up, with a request to copy. */
export function banner(port: number, { mailbox = false } = {}): string {
  const url = `http://127.0.0.1:${port}`;
  return `
Limen is ready: ${url}

Register somebody:
  curl -s ${url}/api/v1/auth/register -H 'content-type: application/json' \\
    -d '{"name":"Ada","email":"ada@example.com","password":"correct horse battery staple"}'

The API: ${url}/docs${mailbox ? `    Its mail: ${url}/dev/mailbox` : ""}    Ctrl-C stops.
`;
}
