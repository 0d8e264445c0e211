import { writeFile } from "node:fs/promises";
import { figures } from "./catalogue.ts";
import { chartOf } from "./chart.ts";
import type { ResultsFile } from "./results-file.ts";

const chartFile = "bench/results/latest.svg";

/** The picture that the README shows. @returns its path. */
export async function writeChart(results: ResultsFile): Promise<string> {
  await writeFile(chartFile, chartOf(figures, results));
  return chartFile;
}
