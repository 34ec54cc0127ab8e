create or replace function pgq._check_same_length(
    i_function text, i_first_name text, i_first anyarray, i_name text, i_other anycompatiblearray)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._check_same_length(5)
--      Fails unless both arrays are given, have one dimension, and are of one length.
-- Parameters:
--      i_function      - for the message
--      i_first_name    - name of the parameter that the other one is compared with
--      i_first         - its value
--      i_name          - name of the other parameter
--      i_other         - its value
-- ----------------------------------------------------------------------
begin
    if i_first is null or i_other is null then
        raise exception '%: % and % must not be NULL', i_function, i_first_name, i_name;
    end if;
    if array_ndims(i_first) > 1 or array_ndims(i_other) > 1 then
        raise exception '%: % and % must have one dimension', i_function, i_first_name, i_name;
    end if;
    if cardinality(i_first) <> cardinality(i_other) then
        raise exception '%: % has % elements, % has %',
            i_function, i_name, cardinality(i_other), i_first_name, cardinality(i_first);
    end if;
end; $$ language plpgsql immutable set search_path = pg_catalog, pg_temp;
