export interface Progress {
  advance(count: number): void;
  /** Takes the bar away. */
  end(): void;
}

/** What a bar is drawn on: standard error, or nothing when that is a file. */
export interface Canvas {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const width = 30;
const redrawMs = 100;

/** A bar for long work, drawn over itself. Work that is done before the first redraw is due shows none. */
export function startProgress(
  canvas: Canvas,
  label: string,
  total: number,
  now: () => number = () => performance.now(),
): Progress {
  let done = 0;
  let drawnAt = now();
  let isDrawn = false;
  return {
    advance(count) {
      done += count;
      if (canvas.isTTY !== true || now() - drawnAt < redrawMs) return;
      drawnAt = now();
      isDrawn = true;
      canvas.write(`\r\u001b[K${renderBar(label, done, total)}`);
    },
    end() {
      if (isDrawn) canvas.write("\r\u001b[K");
      isDrawn = false;
    },
  };
}

export function renderBar(label: string, done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(done / total, 1);
  const filled = Math.round(part * width);
  return `${label} ${"█".repeat(filled)}${"░".repeat(width - filled)} ${Math.floor(part * 100)} % (${done}/${total})`;
}
