import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dashboardFiles } from "./files.ts";

/** `npm run generate:dashboards`: writes grafana/dashboards/*.json from what stands beside this file. */
const folder = join(import.meta.dirname, "../grafana/dashboards");
await mkdir(folder, { recursive: true });
for (const [name, text] of dashboardFiles) await writeFile(join(folder, name), text);
