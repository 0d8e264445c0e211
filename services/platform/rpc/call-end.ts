import { createContextKey } from "@connectrpc/connect";

/** How one call ends. An AbortSignal is made only for those who ask for one: most calls end without anybody listening. */
export class CallEnd {
  #controller: AbortController | undefined;
  #listener: ((reason: unknown) => void) | undefined;
  #ended = false;
  #reason: unknown;

  /** Whether it is over, be it answered, late or canceled. */
  get ended(): boolean {
    return this.#ended;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** One listener at a time; called at once where the call is over. */
  onEnd(listener: ((reason: unknown) => void) | undefined): void {
    this.#listener = listener;
    if (this.#ended) listener?.(this.#reason);
  }

  /** Only the first reason counts. */
  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.(reason);
  }
}

/** Set by a listener whose request and context have the signal of this and of nothing else. */
export const callEndKey = createContextKey<CallEnd | undefined>(undefined, { description: "end of the call" });
