// The contests that the words on the command line mean.

/** Nothing was measured: that must not look like a result. */
export class NoSuchContest extends Error {}

/** Those whose names have the part. @throws NoSuchContest */
export function chooseContests<C extends { readonly name: string }>(all: readonly C[], part: string): readonly C[] {
  const chosen = all.filter(({ name }) => name.includes(part));
  if (chosen.length > 0) return chosen;
  throw new NoSuchContest(
    `no contest has "${part}" in its name; there are:\n${all.map(({ name }) => `  ${name}`).join("\n")}`,
  );
}
