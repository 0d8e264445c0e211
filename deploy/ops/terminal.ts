import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Incomplete, UsageError } from "./exit.ts";
import { type Progress, startProgress } from "./progress.ts";

/** Where a command is run from: by a person, or by a program. */
export interface Terminal {
  /** The result. */
  print(text: string): void;
  /** One line that only a person cares for; it never mixes with the result. */
  note(line: string): void;
  /** Returns when they said yes. @throws Incomplete when not, UsageError when there is nobody to ask. */
  confirm(question: string): Promise<void>;
  progress(label: string, total: number): Progress;
}

interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export function createTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  return {
    print: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line}\n`),
    progress: (label, total) => startProgress(stderr, label, total),
    async confirm(question) {
      if (stdin.isTTY !== true)
        throw new UsageError("Nobody is here to confirm this: say --yes, or look with --dry-run.");
      const lines = createInterface({ input: stdin, output: stderr });
      const ended = new AbortController();
      lines.once("close", () => ended.abort());
      try {
        const answer = await lines.question(`${question} [y/N] `, { signal: ended.signal });
        if (/^y(es)?$/i.test(answer.trim())) return;
      } catch (error) {
        // Ctrl-C or Ctrl-D: as good as a no.
        if (!ended.signal.aborted) throw error;
        stderr.write("\n");
      } finally {
        lines.close();
      }
      throw new Incomplete("Nothing was changed.");
    },
  };
}
