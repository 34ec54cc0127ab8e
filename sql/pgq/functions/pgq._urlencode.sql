create or replace function pgq._urlencode(i_text text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._urlencode(1)
--      Encodes text for ev_data of logutriga, byte by byte in the server
--      encoding: letters, digits, '_', '.', '-' stay, blank becomes '+', all
--      others '%xx' in lower case.
--
--      Most values need nothing; a chain of replace() is several times faster
--      than any regular expression for the rest.
-- Parameters:
--      i_text          - any text
-- Returns:
--      encoded text; NULL for NULL.
-- ----------------------------------------------------------------------
declare
    _text   text := i_text;
    _other  text;
begin
    if (_text operator(pg_catalog.~) '[^-_.a-zA-Z0-9]' collate pg_catalog."C") is not true then
        return _text;
    end if;

    _text := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
             pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
             pg_catalog.replace(_text,
                '%', '%25'), '+', '%2b'), ' ', '+'), ':', '%3a'), ',', '%2c'), '/', '%2f'), '"', '%22'), '''', '%27'),
                '(', '%28'), ')', '%29'), '@', '%40');
    _text := pg_catalog.replace(pg_catalog.replace(_text, pg_catalog.chr(1), '%01'), pg_catalog.chr(2), '%02');
    if _text operator(pg_catalog.~) '[^-_.a-zA-Z0-9+%]' collate pg_catalog."C" then
        for _other in
            select distinct m.c[1]
              from pg_catalog.regexp_matches(_text collate pg_catalog."C", '[^-_.a-zA-Z0-9+%]', 'g') as m(c)
        loop
            _text := pg_catalog.replace(_text, _other, pg_catalog.regexp_replace(
                        pg_catalog.encode(pg_catalog.convert_to(_other, pg_catalog.getdatabaseencoding()), 'hex'),
                        '(..)', E'%\\1', 'g'));
        end loop;
    end if;
    return _text;
end; $$ language plpgsql immutable;
