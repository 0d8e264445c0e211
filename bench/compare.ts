import { Command } from "commander";
import { figures } from "./catalogue.ts";
import { compareResults, comparisonTable } from "./compare-results.ts";
import { type ResultsFile, readResults } from "./results-file.ts";

/** `npm run bench:compare BEFORE.json AFTER.json`. */
const program = new Command("bench:compare")
  .description("what moved between two results of the benchmark, by more than their rounds differ")
  .argument("<before>", "a file that `npm run bench` wrote")
  .argument("<after>", "another one")
  .action(async (before: string, after: string) => {
    const [earlier, later] = [await readResults(before), await readResults(after)];
    for (const [name, file] of [
      ["before", earlier],
      ["after", later],
    ] as const) {
      console.log(`${name.padEnd(6)}  ${summaryOf(file)}`);
    }
    if (earlier.machine.cpu !== later.machine.cpu || earlier.machine.cores !== later.machine.cores) {
      console.log("These are different machines: their ratios can be compared, their times cannot.");
    }
    console.log(`\n${comparisonTable(compareResults(figures, earlier.subjects, later.subjects))}`);
  });

const summaryOf = ({ machine, time, commit }: ResultsFile): string =>
  `${time}  ${commit.slice(0, 12)}${commit.endsWith("-dirty") ? "-dirty" : ""}  ${machine.pace}, ` +
  `${machine.cores} cores, ${machine.cpu}, Node.js ${machine.node}, load before ${machine.loadBefore}`;

await program.parseAsync();
