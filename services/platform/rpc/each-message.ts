import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";

type Request = Parameters<ReturnType<Interceptor>>[0];

/** The call with `check` run on its message, or on each of its messages as it is read. A throwing check fails the call. */
export function withEachMessage(req: Request, check: (message: Message, desc: DescMessage) => void): Request {
  if (req.stream) return { ...req, message: checked(req.message, (message) => check(message, req.method.input)) };
  check(req.message, req.method.input);
  return req;
}

async function* checked<T>(messages: AsyncIterable<T>, check: (message: T) => void): AsyncIterable<T> {
  for await (const message of messages) {
    check(message);
    yield message;
  }
}
