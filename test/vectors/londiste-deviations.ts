// Results of londiste that are not those of londiste 3.8, on purpose.
import type { Deviations } from "./run-scenario.ts";

const added = (table: string) => ({ rows: [{ ret_code: 200, ret_note: `Table added: ${table}` }] });

const deviations: Deviations = {
  // Key columns are found by their numbers in the table, not by their places in the index.
  "pkey-check-quirk, step 8": { rows: [{ k1: "vvk", k2: "k", k3: "vkk", k4: "kk", none: "", n: null }] },
  "pkey-check-quirk, step 10": added("public.k2"),
  // pgq has a trigger of its own on pgq.queue.
  "quoted-names, step 11": { rows: [{ count: 2 }] },
  // Definitions of keys are those that hold under any search_path.
  "fkeys-definition-follows-search-path, step 3": {
    rows: [
      {
        fkey_def:
          "alter table only public.child add constraint child_code FOREIGN KEY (c) REFERENCES public.parent(code) " +
          "MATCH FULL DEFERRABLE INITIALLY DEFERRED",
      },
      {
        fkey_def:
          "alter table only public.child add constraint child_p_fkey FOREIGN KEY (p) REFERENCES public.parent(id) " +
          "ON DELETE CASCADE",
      },
    ],
  },
};

/** The server's own words before PostgreSQL 15. */
const until14: Deviations = {
  "create-partition, step 21": {
    error: { sqlstate: "22023", message: 'timestamp with time zone units "fortnight" not recognized' },
  },
};

export function londisteDeviations(major: number): Deviations {
  return major < 15 ? { ...deviations, ...until14 } : deviations;
}
