import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const alert = z.strictObject({
  alert: z.string().regex(/^Limen[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
  annotations: z.strictObject({ summary: z.string().min(1), runbook_url: z.string() }),
});
const recording = z.strictObject({ record: z.string(), expr: z.string() });
const file = <R extends z.ZodType>(rule: R) =>
  z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) });

export type Alert = z.output<typeof alert>;
export type Recording = z.output<typeof recording>;

const folder = join(import.meta.dirname, "prometheus");

async function rules<R extends z.ZodType>(name: string, rule: R): Promise<z.output<R>[]> {
  const { groups } = file(rule).parse(parse(await readFile(join(folder, name), "utf8")));
  return groups.flatMap((group) => group.rules);
}

export const readAlerts = (): Promise<Alert[]> => rules("alerts.yaml", alert);
export const readRecordings = (): Promise<Recording[]> => rules("slo-rules.yaml", recording);
