// Command lines of the old walmgr that had no file and no command: --init-master, --init-slave, --synch-standby=NAMES.

/** The same with a command in front. */
export function withoutOldSwitches(argv: readonly string[]): readonly string[] {
  for (const name of ["init-master", "init-slave"]) {
    if (argv.includes(`--${name}`)) return [name, ...argv.filter((word) => word !== `--${name}`)];
  }
  const at = argv.findIndex((word) => /^--synch-standby(=|$)/.test(word));
  if (at < 0) return argv;
  const [word = "", next = ""] = argv.slice(at);
  const isJoined = word.includes("=");
  const names = isJoined ? word.slice(word.indexOf("=") + 1) : next;
  const others = [...argv.slice(0, at), ...argv.slice(at + (isJoined ? 1 : 2))];
  const hasServer = others.some((one) => /^--(master-db|primary-conninfo)(=|$)/.test(one));
  return ["synch-standby", names, ...(hasServer ? [] : ["--master-db=dbname=template1"]), ...others];
}
