import { compose } from "node:stream";
import type { TestEvent } from "node:test/reporters";
import { spec } from "node:test/reporters";

/**
 * Node's `spec` reporter cut down to a line for each file, everything about failures (with what the file printed), and the
 * closing summary.
 */
export default async function* compactReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield* compose(condense(source), new spec());
}

async function* condense(source: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  const printed = new Map<string, TestEvent[]>();
  for await (const event of source) {
    switch (event.type) {
      case "test:stdout":
      case "test:stderr": {
        const file = event.data.file ?? "";
        printed.set(file, [...(printed.get(file) ?? []), event]);
        break;
      }
      case "test:summary": {
        const { file, success, counts, duration_ms } = event.data;
        if (file !== undefined) {
          const path = file.replace(`${process.cwd()}/`, "");
          const line = `${success ? "✔" : "✖"} ${path} (${counts.tests} tests, ${Math.round(duration_ms)} ms)\n`;
          yield { type: "test:stdout", data: { file, message: line } };
          if (!success) yield* printed.get(file) ?? [];
          printed.delete(file);
        } else yield event;
        break;
      }
      case "test:fail":
      case "test:diagnostic":
      case "test:coverage":
        yield event;
        break;
    }
  }
  for (const events of printed.values()) yield* events;
}
