export interface Column<Row> {
  readonly title: string;
  /** Numbers stand at the right of their column; null is a dash. */
  readonly value: (row: Row) => string | number | null;
}

const widest = 64;

/** Columns under titles, two spaces apart, a line each. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const laidOut = columns.map(({ title, value }) => {
    const values = rows.map(value);
    const isNumeric = values.some(isNumber) && values.every((each) => each === null || isNumber(each));
    const cells = [title.toUpperCase(), ...values.map(cell)];
    const width = Math.max(...cells.map((text) => text.length));
    return cells.map((text) => (isNumeric ? text.padStart(width) : text.padEnd(width)));
  });
  const lines = Array.from({ length: rows.length + 1 }, (_, line) => laidOut.map((cells) => cells[line]).join("  "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** One thing: its fields below each other. A field of several lines goes on below its value. */
export function renderFields(fields: readonly (readonly [name: string, value: string | number | null])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length)) + 2;
  return fields
    .flatMap(([name, value]) =>
      text(value)
        .split("\n")
        .map((line, index) => `${(index === 0 ? name : "").padEnd(width)}${printable(line)}\n`),
    )
    .join("");
}

/**
 * Messages come from anywhere, and a terminal obeys control characters: they are shown as escapes, and so are the
 * invisible ones that reverse or hide text.
 */
export const printable = (value: string): string =>
  value.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );

const isNumber = (value: unknown): value is number => typeof value === "number";

const text = (value: string | number | null): string => (value === null || value === "" ? "-" : String(value));

function cell(value: string | number | null): string {
  const shown = printable(text(value));
  return shown.length > widest ? `${shown.slice(0, widest - 1)}…` : shown;
}
