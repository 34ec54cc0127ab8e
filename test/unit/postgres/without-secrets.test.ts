import { expect, test } from "vitest";
import { withoutSecrets } from "../../../src/postgres/index.ts";

test.each([
  ["host=a dbname=b user=c", "host=a dbname=b user=c"],
  ["postgresql://u@h:5433/d?sslmode=require", "postgresql://u@h:5433/d?sslmode=require"],
  ["shop", "shop"],
  ["host=a password=secret dbname=b", "host=a password=*** dbname=b"],
  ["password = 'se\\'cr et' host=a", "password=*** host=a"],
  ["host=a password=se,c\\ ret sslpassword=secret", "host=a password=*** sslpassword=***"],
  ["postgres://u:secret@h/d", "user=u password=*** host=h dbname=d"],
  ["postgresql://h/d?user=u&password=secret", "host=h dbname=d user=u password=***"],
  ["host=a password='secret", "(not a connection string)"],
])("the connection string %s is shown as %s", (connstr, shown) => {
  expect(withoutSecrets(connstr)).toBe(shown);
});
