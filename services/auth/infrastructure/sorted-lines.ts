/** A file, or what reads like one. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `position` on, `length` of them, all within the size. */
  read(position: number, length: number): Promise<Buffer>;
}

export const blockBytes = 4_096;

/**
 * Whether a line of the source begins with the key and a colon. Lines are sorted by their keys: hexadecimal digits in either
 * case, as many as the key has, spread evenly. So the place of a key can be guessed: of a file of 40 GB, about four blocks are read.
 * Each third look halves what is left, so that no content takes more than some 70.
 * @throws Error where the source has other lines.
 */
export async function hasKey(source: ByteSource, key: string): Promise<boolean> {
  const wanted = key.toUpperCase();
  let low = { position: 0, key: "0".repeat(key.length) };
  let high = { position: source.size, key: "F".repeat(key.length) };
  for (let look = 1; low.position < high.position; look++) {
    const share = look % 3 === 0 ? 0.5 : shareOf(wanted, low.key, high.key);
    const middle = low.position + Math.floor((high.position - low.position) * share);
    const lines = await readLines(source, low.position, middle, high.position, key.length);
    if (lines === null || wanted < lines.first) {
      high = { position: lines?.start ?? low.position, key: lines?.first ?? low.key };
    } else if (wanted > lines.last) {
      low = { position: lines.end, key: lines.last };
    } else {
      return `\n${lines.text}`.includes(`\n${wanted}:`);
    }
  }
  return false;
}

interface Lines {
  /** Without an end of line at its own end. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Keys of the first and the last line. */
  readonly first: string;
  readonly last: string;
}

/** The whole lines of a block around `middle`, within `low`, where a line begins, and `high`. Null where all are empty. */
async function readLines(
  source: ByteSource,
  low: number,
  middle: number,
  high: number,
  digits: number,
): Promise<Lines | null> {
  const begin = Math.max(low, Math.min(middle - blockBytes / 2, high - blockBytes));
  const block = (await source.read(begin, Math.min(blockBytes, high - begin))).toString("latin1").toUpperCase();
  const isCut = begin + block.length < source.size;
  const from = begin === low ? 0 : block.indexOf("\n") + 1;
  const to = isCut ? block.lastIndexOf("\n") + 1 : block.length;
  if (from > to || (to === 0 && isCut)) throw notSorted(begin);
  const text = block.slice(from, to).trimEnd();
  if (text === "") return null;
  const keyAt = (index: number): string => {
    const key = text.slice(index, index + digits);
    if (!/^[0-9A-F]+$/.test(key) || text[index + digits] !== ":") throw notSorted(begin + from + index);
    return key;
  };
  return {
    text,
    start: begin + from,
    end: begin + to,
    first: keyAt(0),
    last: keyAt(text.lastIndexOf("\n") + 1),
  };
}

const notSorted = (position: number) => new Error(`no sorted line of hash and count near byte ${position}`);

/** Where the key stands between the two others, from 0 to 1. */
function shareOf(key: string, low: string, high: string): number {
  const [at, from, to] = [key, low, high].map((text) => Number.parseInt(text.slice(0, 12), 16)) as [
    number,
    number,
    number,
  ];
  return to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 0.5;
}
