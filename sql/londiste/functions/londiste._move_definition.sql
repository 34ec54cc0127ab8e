create or replace function londiste._move_definition(i_def text, i_head text, i_from text, i_to text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste._move_definition(4)
--      The definition of a trigger or rule for another table.
-- Parameters:
--      i_head      - what the table's name comes after, so that it is not
--                    looked for in the name of the object
--      i_from, i_to - words with the table's quoted name
-- ----------------------------------------------------------------------
declare
    v_head  integer := position(i_head in i_def);
    v_rest  text := substring(i_def from v_head + length(i_head));
    v_at    integer := position(i_from in v_rest);
begin
    if v_head = 0 or v_at = 0 then
        raise exception 'Failed to reconstruct the trigger: %', i_def;
    end if;
    return left(i_def, v_head + length(i_head) - 1) || left(v_rest, v_at - 1) || i_to
        || substring(v_rest from v_at + length(i_from));
end; $$ language plpgsql immutable set search_path = pg_catalog, pg_temp;
