create or replace function pgq._magic_fields(i_event text[], i_names text[], i_texts text[])
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._magic_fields(3)
--      Puts the values of columns named _pgq_ev_* into the event.
-- Parameters:
--      i_event             - type, data, extra1 .. extra4
--      i_names, i_texts    - the row
-- Returns:
--      the event with these fields replaced.
-- ----------------------------------------------------------------------
declare
    _event  text[] := i_event;
    _field  integer;
begin
    for _n in 1 .. pg_catalog.cardinality(i_names) loop
        if pg_catalog.starts_with(i_names[_n], '_pgq_ev_') then
            _field := pg_catalog.array_position(
                '{_pgq_ev_type,_pgq_ev_data,_pgq_ev_extra1,_pgq_ev_extra2,_pgq_ev_extra3,_pgq_ev_extra4}', i_names[_n]);
            if _field is null then
                raise exception 'Unknown magic column: %', i_names[_n];
            end if;
            _event[_field] := i_texts[_n];
        end if;
    end loop;
    return _event;
end; $$ language plpgsql stable;
