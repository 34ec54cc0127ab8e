set local search_path = pg_catalog, pg_temp;
set local check_function_bodies = on;
set local client_min_messages = warning;
set local standard_conforming_strings = on;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local lock_timeout = 0;
do $lock$ begin perform pg_catalog.pg_advisory_xact_lock(7366513, 0); end $lock$;
-- no DDL may wait long behind another transaction, because everybody else then waits behind the DDL
set local lock_timeout = '@lock_timeout@';
