// What a command does in several repositories: one that fails keeps none of the others from its turn.
import type { StoreRepository } from "../repository/index.ts";
import type { PlainContext } from "./command.ts";

export interface EachResult<T> {
  /** Of those that did not fail. */
  readonly results: readonly T[];
  /** To be called when the results are shown. @throws the first error */
  readonly rethrow: () => void;
}

export async function inEachRepository<T>(
  { environment, service }: Pick<PlainContext, "environment" | "service">,
  work: (repository: StoreRepository) => Promise<T>,
  repositories: Iterable<StoreRepository> = environment.repositories,
): Promise<EachResult<T>> {
  const results: T[] = [];
  const errors: unknown[] = [];
  for (const repository of repositories) {
    try {
      results.push(await work(repository));
    } catch (error) {
      // The first one ends the program, which tells it.
      if (errors.push(error) > 1) service.log.error({ error, repository: repository.description }, "failed");
    }
  }
  const rethrow = (): void => {
    if (errors.length > 0) throw errors[0];
  };
  return { results, rethrow };
}
