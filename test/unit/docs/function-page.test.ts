import { expect, test } from "vitest";
import { functionPage } from "../../../scripts/docs/function-page.ts";

const FILE = `create or replace function pgq.demo(i_a text, i_b numeric(10,2))
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.demo(2)
--      Shows something.
-- ----------------------------------------------------------------------
begin
end; $$ language plpgsql;
create or replace function pgq._hidden() returns void as $$ $$ language sql;
`;

test("the page of functions shows signature, result and header of public functions only", () => {
  const page = functionPage("pgq", [{ path: "x.sql", text: FILE }]);

  expect(page).toContain("## pgq.demo(i_a text, i_b numeric(10,2)) → integer");
  expect(page).toContain("Function: pgq.demo(2)\n     Shows something.");
  expect(page).not.toContain("_hidden");
});
