// Functions: missing, changed, foreign, or still those of the C version.
import type { InstallDatabase } from "../database.ts";
import type { FunctionDefinition } from "../manifest/function-definition.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { type Finding, problem, reinstall, remark } from "./finding.ts";

interface FunctionRow {
  signature: string; // as asked for, or as the server prints it for functions that nobody asked for
  is_expected: boolean;
  exists: boolean;
  is_generated: boolean;
  language: string | null;
  volatility: string | null;
  is_security_definer: boolean | null;
  is_strict: boolean | null;
  settings: string[] | null;
  body_hash: string | null;
}

// $1 schema, $2 expected signatures. Functions that are generated: _insert_<queue id>, _capture_<id>_<letter>, …
const FUNCTIONS = `
with expected as (
    select s as signature, pg_catalog.to_regprocedure(s)::oid as oid from pg_catalog.unnest($2::text[]) s
)
select coalesce(e.signature, p.oid::pg_catalog.regprocedure::text) as signature,
       e.signature is not null as is_expected,
       p.oid is not null as exists,
       coalesce(p.proname ~ '^_.*_[0-9]+(_[a-z])?$' or p.proname = '_insert_dispatch', false) as is_generated,
       l.lanname::text as language,
       case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
       p.prosecdef as is_security_definer,
       p.proisstrict as is_strict,
       p.proconfig as settings,
       pg_catalog.md5(p.prosrc) as body_hash
  from expected e
  full join (select * from pg_catalog.pg_proc where pronamespace = pg_catalog.to_regnamespace($1)) p on p.oid = e.oid
  left join pg_catalog.pg_language l on l.oid = p.prolang
 order by 1`;

export async function checkFunctions(db: InstallDatabase, manifest: Manifest): Promise<readonly Finding[]> {
  const expected = new Map(manifest.functions.map((definition) => [definition.signature, definition]));
  const rows = await db.query<FunctionRow>(FUNCTIONS, [manifest.schema, [...expected.keys()]]);
  return rows.flatMap((row) => judge(row, expected.get(row.signature), manifest.schema));
}

function judge(row: FunctionRow, expected: FunctionDefinition | undefined, schema: string): readonly Finding[] {
  if (row.language === "c") {
    return [problem("c-function", `function ${row.signature} is the C version's`, reinstall(schema))];
  }
  if (expected === undefined) {
    if (row.is_generated) return [];
    return [
      remark(
        "foreign-function",
        `function ${row.signature} in schema ${schema} is not ours`,
        `drop function ${row.signature}; -- unless you need it`,
      ),
    ];
  }
  if (!row.exists) return [problem("missing-function", `function ${row.signature} is missing`, reinstall(schema))];
  const differences = differencesOf(row, expected);
  if (differences.length === 0) return [];
  const message = `function ${row.signature} was changed: ${differences.join(", ")}`;
  return [problem("changed-function", message, reinstall(schema))];
}

function differencesOf(row: FunctionRow, expected: FunctionDefinition): readonly string[] {
  const found: string[] = [];
  if (row.body_hash !== expected.bodyHash) found.push("body");
  if (row.language !== expected.language) found.push(`language is ${String(row.language)}, not ${expected.language}`);
  if (row.volatility !== expected.volatility) found.push(`${String(row.volatility)}, not ${expected.volatility}`);
  if (row.is_strict !== expected.isStrict) found.push(expected.isStrict ? "not strict" : "strict");
  if (row.is_security_definer !== expected.isSecurityDefiner) {
    found.push(expected.isSecurityDefiner ? "not security definer" : "security definer");
  }
  if (plain(row.settings ?? []) !== plain(expected.settings)) {
    found.push(`settings are {${(row.settings ?? []).join("; ")}}, not {${expected.settings.join("; ")}}`);
  }
  return found;
}

/** The server may write a setting's list with other blanks and quotes than the file. */
function plain(settings: readonly string[]): string {
  return settings
    .map((setting) => setting.replaceAll(/[\s"']/g, "").toLowerCase())
    .sort()
    .join(";");
}
