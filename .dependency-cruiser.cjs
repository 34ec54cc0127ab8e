// Imports go downwards only (CONTRIBUTING.md). Each layer lists the layers it may not know.
const layers = [
  "errors",
  "clock",
  "print",
  "postgres",
  "service",
  "pgq",
  "programs",
  "cascade",
  "londiste|walmgr|scripts|ticker",
  "cli|dashboard",
];
const upward = layers.slice(0, -1).map((layer, i) => ({
  name: `not-upwards-from-${layer.replaceAll("|", "-")}`,
  severity: "error",
  from: { path: `^src/(${layer})/` },
  to: { path: `^src/(${layers.slice(i + 1).join("|")}|testing)/` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "programs-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/(londiste|walmgr|scripts|ticker)/" },
      to: { path: "^src/(londiste|walmgr|scripts|ticker)/", pathNot: "^src/$1/" },
    },
    {
      name: "nobody-imports-testing",
      severity: "error",
      from: { path: "^src/(?!testing/|cli/)" },
      to: { path: "^src/testing/" },
    },
    {
      name: "only-postgres-imports-the-driver",
      severity: "error",
      from: { path: "^src/(?!postgres/)" },
      to: { path: "node_modules/(pg|pg-copy-streams|pg-[a-z]+)/" },
    },
    {
      name: "through-the-public-face",
      severity: "error",
      from: { path: "^src/([^/]+)/" },
      to: { path: "^src/[^/]+/.+", pathNot: ["^src/$1/", "/index\\.ts$", "^src/cli/command\\.ts$"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  },
};
