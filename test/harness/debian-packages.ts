// Where Debian puts PostgreSQL 15 with the C pgq extension, the old programs and the services that tests talk to, and
// what of it this machine lacks. Interop tests and benchmarks run beside these programs; nothing else needs them.
import { existsSync } from "node:fs";

/** Folder for `startCluster({ binaries })`. */
export const debianBinaries = "/usr/lib/postgresql/15";
export const pgqdProgram = "/usr/bin/pgqd";
export const londisteProgram = "/usr/bin/londiste";
export const pgbouncerProgram = "/usr/sbin/pgbouncer";
/** Debian's interpreter: only it sees Debian's Python modules. */
export const pythonProgram = "/usr/bin/python3";

const witnesses = {
  "postgresql-15": `${debianBinaries}/bin/postgres`,
  "postgresql-15-pgq3": "/usr/share/postgresql/15/extension/pgq.control",
  "postgresql-15-pgq-node": "/usr/share/postgresql/15/extension/pgq_node.control",
  "postgresql-15-londiste-sql": "/usr/share/postgresql/15/extension/londiste.control",
  pgqd: pgqdProgram,
  "python3-pgq": "/usr/lib/python3/dist-packages/pgq",
  "python3-londiste": londisteProgram,
  pgbouncer: pgbouncerProgram,
  pgbackrest: "/usr/bin/pgbackrest",
  "openssh-server": "/usr/sbin/sshd",
  radosgw: "/usr/bin/radosgw",
  "ceph-mon": "/usr/bin/ceph-mon",
  "ceph-osd": "/usr/bin/ceph-osd",
} as const;

export type DebianPackage = keyof typeof witnesses;

export const allDebianPackages = Object.keys(witnesses) as DebianPackage[];

/** Those of the packages that are not installed. */
export function missingDebianPackages(wanted: readonly DebianPackage[] = allDebianPackages): DebianPackage[] {
  return wanted.filter((name) => !existsSync(witnesses[name]));
}

/** The command that installs the packages on Debian 12. */
export function installHint(packages: readonly DebianPackage[]): string {
  return `apt-get install ${packages.join(" ")}`;
}
