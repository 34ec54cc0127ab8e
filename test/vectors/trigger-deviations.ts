// Cases where we give something else than the reference, because chapter 12 of the specification asks for it.
import type { TriggerCase, TriggerEvent } from "./trigger-cases.ts";

export interface Deviation {
  readonly why: string;
  readonly result: Partial<TriggerCase>;
}

type Format = "logutriga" | "sqltriga" | "jsontriga";

/** An event with the given type and data, as the vectors' table `vt.<table>` gives it. */
function event(ev_type: string, ev_data: string, table: string, ev_extra3: string | null = null): TriggerEvent {
  return { ev_type, ev_data, ev_extra1: `vt.${table}`, ev_extra2: null, ev_extra3, ev_extra4: null };
}

const jsonType = (op: string, table: string, ...pkey: string[]): string =>
  JSON.stringify({ op, table: ["vt", table], pkey });

/** One INSERT event with an expression in ev_extra3, in each format. */
function expression(
  why: string,
  name: string,
  table: string,
  key: string,
  data: Record<Format, string>,
  value: string,
) {
  const types: Record<Format, string> = {
    logutriga: `I:${key}`,
    sqltriga: "I",
    jsontriga: jsonType("INSERT", table, key),
  };
  return (["logutriga", "sqltriga", "jsontriga"] as const).map((format): [string, Deviation] => [
    `${format}_${name}`,
    { why, result: { error: undefined, events: [event(types[format], data[format], table, value)] } },
  ]);
}

const SQL_OVER_THE_ROW = "an expression is SQL over the row";
const OWN_KEY_COLUMNS = "the key list has the table's own names, key columns only";
const NO_HIDDEN_KEY_CHANGE = "a key change behind another change raises";
const NO_EMPTY_WHERE = "an event without a WHERE list would destroy data on a subscriber";
const WHOLE_ENTRIES = "a list entry with blanks stands for the column of that name";

const KEY_CHANGE = { at: 1, message: "primary key update not allowed" };
const NO_KEY_VALUE = { at: 1, message: "logtriga: Unexpected NULL key value" };

export const triggerDeviations: Readonly<Record<string, Deviation>> = Object.fromEntries<Deviation>([
  ...expression(
    SQL_OVER_THE_ROW,
    "expr_quoted_ident",
    "q",
    "id",
    { logutriga: "id=1&Foo=f", sqltriga: `(id,"Foo") values ('1','f')`, jsontriga: `{"id":1,"Foo":"f"}` },
    "f",
  ),
  ...expression(
    SQL_OVER_THE_ROW,
    "expr_non_ascii",
    "q",
    "id",
    { logutriga: "id=1&%c3%bcmlaut=f", sqltriga: `(id,"ümlaut") values ('1','f')`, jsontriga: `{"id":1,"ümlaut":"f"}` },
    "f",
  ),
  ...expression(
    SQL_OVER_THE_ROW,
    "expr_upper_name",
    "gadget",
    "gid",
    {
      logutriga: "gid=1&label=a&qty=1.00&hot=t",
      sqltriga: "(gid,label,qty,hot) values ('1','a','1.00','t')",
      jsontriga: `{"gid":1,"label":"a","qty":"1.00","hot":true}`,
    },
    "a",
  ),
  ...expression(
    SQL_OVER_THE_ROW,
    "expr_func_name_column",
    "fn",
    "id",
    { logutriga: "id=1&lower=ABC", sqltriga: "(id,lower) values ('1','ABC')", jsontriga: `{"id":1,"lower":"ABC"}` },
    "abc",
  ),
  ...expression(
    SQL_OVER_THE_ROW,
    "expr_composite",
    "cp",
    "id",
    { logutriga: "id=1&p=%281%2cx%29", sqltriga: "(id,p) values ('1','(1,x)')", jsontriga: `{"id":1,"p":"(1,x)"}` },
    "x",
  ),

  [
    "logutriga_pkey_column_renamed",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        events: [
          event("I:new_id", "new_id=1&v=a", "gadget"),
          event("U:new_id", "new_id=1&v=b", "gadget"),
          event("D:new_id", "new_id=1&v=b", "gadget"),
        ],
      },
    },
  ],
  [
    "sqltriga_pkey_column_renamed",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        events: [
          event("I", "(new_id,v) values ('1','a')", "gadget"),
          event("U", "v='b' where new_id='1'", "gadget"),
          event("D", "new_id='1'", "gadget"),
        ],
      },
    },
  ],
  [
    "jsontriga_pkey_column_renamed",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        events: [
          event(jsonType("INSERT", "gadget", "new_id"), `{"new_id":1,"v":"a"}`, "gadget"),
          event(jsonType("UPDATE", "gadget", "new_id"), `{"new_id":1,"v":"b"}`, "gadget"),
          event(jsonType("DELETE", "gadget", "new_id"), `{"new_id":1,"v":"b"}`, "gadget"),
        ],
      },
    },
  ],

  [
    "logutriga_pkey_include",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        error: undefined,
        events: [
          event("I:id", "id=1&v=a&w=b", "inc"),
          event("U:id", "id=1&v=a&w=c", "inc"),
          event("U:id", "id=1&v=d&w=c", "inc"),
        ],
      },
    },
  ],
  [
    "sqltriga_pkey_include",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        error: undefined,
        events: [
          event("I", "(id,v,w) values ('1','a','b')", "inc"),
          event("U", "w='c' where id='1'", "inc"),
          event("U", "v='d' where id='1'", "inc"),
        ],
      },
    },
  ],
  [
    "jsontriga_pkey_include",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        error: undefined,
        events: [
          event(jsonType("INSERT", "inc", "id"), `{"id":1,"v":"a","w":"b"}`, "inc"),
          event(jsonType("UPDATE", "inc", "id"), `{"id":1,"v":"a","w":"c"}`, "inc"),
          event(jsonType("UPDATE", "inc", "id"), `{"id":1,"v":"d","w":"c"}`, "inc"),
        ],
      },
    },
  ],

  [
    "logutriga_ignore_pkey_change",
    { why: NO_HIDDEN_KEY_CHANGE, result: { error: KEY_CHANGE, events: [event("I:id", "v=a&id=1", "late")] } },
  ],
  [
    "jsontriga_ignore_pkey_change",
    {
      why: NO_HIDDEN_KEY_CHANGE,
      result: { error: KEY_CHANGE, events: [event(jsonType("INSERT", "late", "id"), `{"v":"a","id":1}`, "late")] },
    },
  ],

  [
    "sqltriga_pkey_arg_unknown_update",
    { why: NO_EMPTY_WHERE, result: { error: NO_KEY_VALUE, events: [event("I", "(a,b) values ('1','z')", "nokey")] } },
  ],
  [
    "sqltriga_pkey_arg_unknown_delete",
    { why: NO_EMPTY_WHERE, result: { error: NO_KEY_VALUE, events: [event("I", "(a,b) values ('1','z')", "nokey")] } },
  ],

  [
    "logutriga_two_word_column",
    { why: WHOLE_ENTRIES, result: { events: [event("I:id", "id=1&a=A&b=B&ab=ab", "tw")] } },
  ],
  [
    "sqltriga_two_word_column",
    { why: WHOLE_ENTRIES, result: { events: [event("I", "(id,a,b,ab) values ('1','A','B','ab')", "tw")] } },
  ],
  [
    "jsontriga_two_word_column",
    {
      why: WHOLE_ENTRIES,
      result: { events: [event(jsonType("INSERT", "tw", "id"), `{"id":1,"a":"A","b":"B","ab":"ab"}`, "tw")] },
    },
  ],
  [
    "sqltriga_two_word_pkey",
    {
      why: OWN_KEY_COLUMNS,
      result: {
        events: [
          event("I", `("row id",id,v) values ('1','5','v')`, "tw"),
          event("U", `v='w' where "row id"='1'`, "tw"),
          event("D", `"row id"='1'`, "tw"),
        ],
      },
    },
  ],
]);
