/**
 * The broker for suites that need one.
 * @throws Error when AMQP_URL is unset: a suite without its server fails, it is never skipped.
 */
export function amqpUrl(): string {
  const url = process.env.AMQP_URL;
  if (!url) throw new Error("AMQP_URL is not set: this suite needs RabbitMQ. `npm test` starts one.");
  return url;
}
