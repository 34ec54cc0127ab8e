// Whether the role of the configuration may do with a table what replay and copy need.
import { quoteFqname, type Queryable } from "../../postgres/index.ts";
import type { CheckFinding } from "./finding.ts";

const NEEDED = ["select", "insert", "update", "delete", "truncate"] as const;

export async function checkRights(db: Queryable, table: string): Promise<readonly Omit<CheckFinding, "table">[]> {
  const { missing, role } = await db.one<{ missing: readonly string[]; role: string }>(
    `select current_user::text as role,
            array(select p from pg_catalog.unnest($2::text[]) p
                   where not pg_catalog.has_table_privilege($1::regclass, p)) as missing`,
    [quoteFqname(table), NEEDED],
  );
  if (missing.length === 0) return [];
  return [
    {
      level: missing.every((right) => right === "truncate") ? "warning" : "error",
      text: `role ${role} may not ${missing.join(", ")}`,
      hint: `grant ${missing.join(", ")} on ${quoteFqname(table)} to ${role}`,
    },
  ];
}
