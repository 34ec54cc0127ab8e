// A small program for the tests of the service framework: each pass writes what it did to a file.
import { appendFileSync, existsSync } from "node:fs";
import { defineOption, defineProgram, runAsMain } from "../../../src/service/index.ts";

const fixture = defineProgram({
  name: "fixture",
  version: "1.0",
  summary: "a program for tests",
  sections: ["fixture3", "fixture"],
  configFile: "optional",
  args: [{ name: "word", doc: "anything", isRest: true, isOptional: true }],
  openKeys: [{ pattern: "*_extra_connstr", doc: "text added to a connection string" }],
  options: {
    trace: defineOption({
      name: "trace",
      type: "text",
      path: true,
      programs: ["fixture"],
      reload: true,
      doc: "file that passes are written to",
    }),
    mode: defineOption({
      name: "mode",
      type: "text",
      choices: ["idle", "busy", "fail", "hang", "crash", "refuse"],
      default: "idle",
      programs: ["fixture"],
      reload: true,
      doc: "what a pass does",
    }),
    queueName: defineOption({
      name: "queue_name",
      type: "text",
      programs: ["fixture"],
      oldNames: ["pgq_queue_name"],
      doc: "a name",
    }),
    db: defineOption({
      name: "db",
      type: "text",
      programs: ["fixture"],
      secret: true,
      reload: true,
      doc: "a connection string",
    }),
    once: defineOption({
      name: "once",
      type: "bool",
      default: false,
      programs: ["fixture"],
      flagOnly: true,
      doc: "one pass",
    }),
  },
  async run(service) {
    const trace = (text: string): void => {
      if (service.options.trace !== null) appendFileSync(service.options.trace, `${text}\n`);
    };
    if (service.options.mode === "refuse") throw new Error("refused at start, password=secret1");
    trace(`start ${service.args.join(" ")} ${process.pid}`);
    service.onReload(({ mode }) => trace(`reload ${mode}`));
    service.metrics.gauge({ name: "fixture_gauge", help: "a gauge" }).set(7);
    let passes = 0;
    await service.loop(async ({ signal }) => {
      passes += 1;
      trace(`pass ${service.options.mode}`);
      service.stats.put("mode", service.options.mode);
      service.stats.increase("passes");
      if (service.options.mode === "fail") throw new Error("this pass fails");
      if (service.options.mode === "hang") await new Promise(() => undefined);
      if (service.options.mode === "crash") setTimeout(() => void Promise.reject(new Error("nobody caught this")), 0);
      if (service.options.db !== null) await service.connections.get("db");
      return service.options.mode === "busy" && passes < 3 && !signal.aborted;
    });
    trace("end");
    return existsSync("/nonexistent") ? 9 : undefined;
  },
});

await runAsMain(fixture);
