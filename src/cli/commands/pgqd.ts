// skytools pgqd, for the help and the reference page. What runs it is programs.ts: it reads its own command line.
import { SkytoolsError } from "../../errors/index.ts";
import { tickerOptions } from "../../ticker/index.ts";
import { command } from "../command.ts";

export const pgqdCommand = command({
  name: "pgqd",
  summary: "run the ticker: tick queues, rotate their tables, bring back events that are due",
  args: [{ name: "ini", doc: "configuration file with a section [pgqd]", isOptional: true }],
  options: Object.values(tickerOptions).filter((option) => !("ignored" in option)),
  examples: [
    { line: "skytools pgqd /etc/pgqd.ini", doc: "all that the old pgqd took: -q -v -d -s -k -r -V --ini" },
    { line: "skytools pgqd --base-connstr postgresql://ticker@db:5432", doc: "without a file, for containers" },
    { line: "skytools pgqd --ini > pgqd.ini", doc: "a file with all keys and what they mean" },
  ],
  run() {
    const hint = "as a process of its own: skytools pgqd …";
    return Promise.reject(new SkytoolsError("WRONG_USE", "pgqd is a program, not a command", { hint }));
  },
});
