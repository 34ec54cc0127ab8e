// Compares a live database with what should be there. Reads only.
import type { InstallDatabase } from "../database.ts";
import { knownSchema } from "../known-schemas.ts";
import { readManifest } from "../manifest/manifest.ts";
import { checkActivity } from "./activity-checks.ts";
import { type Finding, problem, reinstall } from "./finding.ts";
import { checkCaptures } from "./capture-checks.ts";
import { checkFunctions } from "./function-checks.ts";
import { checkQueueObjects, checkSequences } from "./queue-checks.ts";
import { checkRights } from "./right-checks.ts";
import { checkRoles } from "./role-checks.ts";
import { checkStructure } from "./structure-checks.ts";

/** All findings, in a fixed order of the checks; empty when everything is as it should be. */
export async function examineSchema(db: InstallDatabase, name: string): Promise<readonly Finding[]> {
  const { name: schema } = knownSchema(name);
  const manifest = readManifest(schema);
  await db.execute("begin transaction isolation level repeatable read read only");
  try {
    await db.execute("set local search_path = pg_catalog, pg_temp");
    const [found] = await db.query("select 1 from pg_catalog.pg_namespace where nspname = $1", [schema]);
    if (found === undefined) return [problem("not-installed", `there is no schema ${schema}`, reinstall(schema))];
    const findings = [...(await checkStructure(db, manifest)), ...(await checkFunctions(db, manifest))];
    if (schema !== "pgq") return findings;
    findings.push(...(await checkRoles(db)), ...(await checkRights(db, manifest)));
    // the remaining checks read tables and would only fail where some are missing
    if (findings.some(({ check }) => check === "missing-relation" || check === "missing-column")) return findings;
    findings.push(...(await checkQueueObjects(db)));
    if (findings.some(({ check }) => check === "missing-queue-object")) return findings;
    return [...findings, ...(await checkSequences(db)), ...(await checkCaptures(db)), ...(await checkActivity(db))];
  } finally {
    await db.execute("rollback");
  }
}
