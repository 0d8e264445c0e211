import { Code, ConnectError } from "@connectrpc/connect";

/** Why the signal of an answered call is aborted. One for all: `abort()` alone makes a DOMException, with a stack, each time. */
export const callOver = new ConnectError("the call is over", Code.Canceled);
