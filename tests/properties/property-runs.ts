/**
 * How often a property is tried. A failure prints its seed and the smallest steps that lead to it: `PROPERTY_SEED` gives
 * that seed again, `PROPERTY_RUNS` looks further than the everyday number.
 */
export function propertyRuns(everyday: number): { numRuns: number; seed?: number } {
  const { PROPERTY_RUNS: runs, PROPERTY_SEED: seed } = process.env;
  return { numRuns: runs === undefined ? everyday : Number(runs), ...(seed !== undefined && { seed: Number(seed) }) };
}
