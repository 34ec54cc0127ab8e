// restore-points and acknowledge: which moments can be restored, and WAL that is known to be missing.
import { formatTable, type Terminal } from "../../print/index.ts";
import { defineOption } from "../../service/index.ts";
import { formatLsn, formatMoment, parseLsn, type RestorePoint } from "../formats/index.ts";
import { type ReachableBranch, reachableMoments, type ReachableMoments } from "../info/index.ts";
import { walmgrCommand } from "./command.ts";
import { inEachRepository } from "./each-repository.ts";

const beforeFlag = defineOption({
  name: "before",
  type: "text",
  programs: ["acknowledge"],
  flagOnly: true,
  placeholder: "LSN",
  doc: "only gaps that begin before this position; default: all",
});

const EVERYTHING = 0xffff_ffff_ffff_ffffn;

export const momentCommands = [
  walmgrCommand({
    name: "restore-points",
    summary: "list the restore points, and the times that can be reached",
    onlyReads: true,
    async run(context) {
      const { out, environment } = context;
      const { results, rethrow } = await inEachRepository(context, async (repository) =>
        reachableMoments(repository, await environment.receiverFor(repository)),
      );
      out.result(results, () => results.map((one) => momentsText(one, out.terminal)).join("\n"));
      rethrow();
      return undefined;
    },
  }),
  walmgrCommand({
    name: "acknowledge",
    summary: "say that you know of the WAL that is missing: check is quiet about it then",
    flags: { before: beforeFlag },
    async run(context) {
      const { environment, options, out } = context;
      const before = options.before === null ? EVERYTHING : parseLsn(options.before);
      const all = new Set([environment.local, ...environment.repositories]);
      const { results, rethrow } = await inEachRepository(context, ({ wal }) => wal.acknowledgeGaps(before), all);
      const gaps = Math.max(0, ...results);
      out.result({ gaps }, gaps === 0 ? "no gap is open" : `${gaps} gaps are acknowledged; moments in them stay lost`);
      rethrow();
      return undefined;
    },
  }),
];

function momentsText({ repository, branches }: ReachableMoments, terminal: Terminal): string {
  if (branches.length === 0) return `${repository}: nothing can be restored`;
  return [`${repository}:`, ...branches.map((branch) => branchText(branch, terminal))].join("\n");
}

function branchText({ timeline, set, fromMs, endLsn, lastCommit, restorePoints }: ReachableBranch, terminal: Terminal) {
  const last = lastCommit === null ? "no commit" : `the commit of ${formatMoment(lastCommit.timeMs)}`;
  const range = `timeline ${timeline}: from ${new Date(fromMs).toISOString()} (${set}) to ${last}, ${formatLsn(endLsn)}`;
  if (restorePoints.length === 0) return range;
  const table = formatTable<RestorePoint & { readonly timeline: number }>(
    [
      { title: "restore point", value: ({ name }) => name },
      { title: "time", value: ({ timeMs }) => formatMoment(timeMs) },
      { title: "position", value: ({ lsn }) => formatLsn(lsn) },
      { title: "timeline", value: (point) => String(point.timeline) },
    ],
    restorePoints,
    terminal,
  );
  return `${range}\n${table.trimEnd()}`;
}
