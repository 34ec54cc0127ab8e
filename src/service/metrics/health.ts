// What the parts of a program say about themselves: does it live (else restart it), is it ready (else send it no work).
import { redact } from "../logging/redact.ts";

export interface ComponentHealth {
  /** false: a restart may help. */
  readonly isHealthy: boolean;
  /** false: it works on it, for example connects again. Default: as isHealthy. */
  readonly isReady?: boolean;
  /** For people. */
  readonly detail?: string;
}

export interface HealthAnswer {
  readonly isOk: boolean;
  readonly components: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export class Health {
  readonly #components = new Map<string, () => ComponentHealth>();
  #isStarted = false;

  /** The program has started: from now on it can be ready. */
  started(): void {
    this.#isStarted = true;
  }

  /** Sets what a part says, or how to ask it. */
  report(component: string, state: ComponentHealth | (() => ComponentHealth)): void {
    this.#components.set(component, typeof state === "function" ? state : () => state);
  }

  /** Forgets a part. */
  remove(component: string): void {
    this.#components.delete(component);
  }

  live(): HealthAnswer {
    return this.#answer(true, ({ isHealthy }) => isHealthy);
  }

  ready(): HealthAnswer {
    return this.#answer(this.#isStarted, ({ isHealthy, isReady = isHealthy }) => isHealthy && isReady);
  }

  #answer(isOkSoFar: boolean, judge: (state: ComponentHealth) => boolean): HealthAnswer {
    const components = [...this.#components].map(([name, ask]) => {
      const state = ask();
      const detail = state.detail === undefined ? {} : { detail: redact(state.detail) };
      return [name, { ok: judge(state), ...detail }] as const;
    });
    return {
      isOk: isOkSoFar && components.every(([, { ok }]) => ok),
      components: Object.fromEntries(components),
    };
  }
}
