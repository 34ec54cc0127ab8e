create or replace function pgq._json_type(i_op text, i_schema text, i_table text, i_keys text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._json_type(4)
--      The ev_type of jsontriga.
-- Parameters:
--      i_op                - INSERT, UPDATE, DELETE or TRUNCATE
--      i_schema, i_table   - the table
--      i_keys              - key columns
-- Returns:
--      {"op":"INSERT","table":["public","t"],"pkey":["id"]}
-- ----------------------------------------------------------------------
begin
    return pg_catalog.concat('{"op":"', i_op, '","table":[', pg_catalog.to_json(i_schema), ',', pg_catalog.to_json(i_table),
        '],"pkey":', coalesce(pg_catalog.array_to_json(i_keys), '[]'), '}');
end; $$ language plpgsql stable;
