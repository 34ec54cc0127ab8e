// The rounds of a cascaded consumer. Source: spec of the cascade, 3.3; what differs stands at its place.
//
//   state, pause protocol → provider → next batch → one transaction on the own node → finished at the provider
//                                           └────── while there is another batch ──────┘
import type { ConsumerState } from "./batch.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { AnswerLimit, DEFAULT_ANSWER_TIMEOUT_MS, TICK_CHANNEL } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { type PassContext, redactedReason } from "../../service/index.ts";
import { getConsumerState, isRefused, setConsumerError } from "../sql-calls/index.ts";
import { agreedState, isOtherWish } from "./agree.ts";
import { BatchRounds, type RoundResult } from "./batch-rounds.ts";
import { NODE_CHANNEL } from "./channel.ts";
import type { LoopParts } from "./parts.ts";
import type { RoundWish } from "./role.ts";
import { StopGrace } from "./stop-grace.ts";

const PROVIDER = "provider";
/** Of loop_delay: how often a root has something to do. */
const STANDBY_FACTOR = 10;
/** While batch follows batch, the node is looked at no more seldom. */
const LOOK_EVERY_MS = 1_000;

/** What was read of the node, and the batches that are wanted for it. */
interface Known {
  readonly state: ConsumerState;
  readonly wish: RoundWish;
  readonly target: Connection;
  readonly readMs: number;
}

export class ConsumerLoop {
  readonly #parts: LoopParts;
  readonly #rounds: BatchRounds;
  readonly #prepared = new WeakSet<Connection>();
  readonly #limit = new AnswerLimit({ answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS });
  #known: Known | null = null;
  /** As it was read last. */
  #state: ConsumerState | null = null;
  #rootPassMs = -Infinity;
  #toldPaused = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#rounds = new BatchRounds(parts);
  }

  /** Until the program is to stop. @throws NODE_REFUSED when the node was dropped */
  async run(): Promise<void> {
    const { service, targetKey } = this.#parts;
    const { connections, signal } = service;
    using grace = new StopGrace(signal, () => void connections.closeAll());
    if (service.options.pgqListen) {
      connections.listen(targetKey, NODE_CHANNEL);
      connections.listen(PROVIDER, TICK_CHANNEL);
    }
    try {
      await service.loop((pass) => this.#pass(pass, grace.signal), {
        failureDelayMs: (failures) => this.#pauseMs(failures),
        whilePausing: () => this.#lookWhilePausing(),
        isFinal: isNodeGone,
      });
      await this.#rounds.leave();
    } finally {
      this.#rounds.end();
    }
  }

  async #pass({ workState }: PassContext, graceSignal: AbortSignal): Promise<boolean> {
    try {
      return await this.#round(workState === -1, graceSignal);
    } catch (error) {
      if (this.#parts.service.signal.aborted) await this.#rounds.leave();
      else if (!graceSignal.aborted) await this.#showError(error);
      // What broke because we ended it is no error.
      if (graceSignal.aborted) throw new SkytoolsError("ABORTED", "stopped in the middle of a batch", { cause: error });
      throw error;
    }
  }

  async #round(isRetried: boolean, signal: AbortSignal): Promise<boolean> {
    const target = await this.#target();
    const known = isRetried ? null : this.#fresh(target);
    this.#known = null;
    const quick = known === null ? null : await this.#quickRound(known, signal);
    if (quick !== null && !quick.isIdle) return quick.isMore;
    const looked = await this.#look(target, isRetried);
    if (looked === null) return false;
    const source = await this.#source(looked.state);
    const context = { ...looked, source, isRetried, signal };
    const isOld = known !== null && quick !== null && !isOtherWish(known.state, looked.state);
    const result = isOld ? null : await this.#rounds.round(context);
    if (result === null || result.isIdle) await this.#rounds.idle(context);
    if (result === null) this.#known = looked;
    else this.#remember(looked, result);
    return result?.isMore ?? false;
  }

  /** Without a look at the node. Null: it failed, and the node has been moved meanwhile: that is why. */
  async #quickRound(known: Known, signal: AbortSignal): Promise<RoundResult | null> {
    try {
      const source = await this.#source(known.state);
      const result = await this.#rounds.round({ ...known, source, isRetried: false, signal });
      this.#remember(known, result);
      return result;
    } catch (error) {
      if (signal.aborted || (await this.#isAsKnown(known))) throw error;
      this.#parts.service.log.debug({ error }, "the node was moved, and its old provider refuses it");
      return null;
    }
  }

  async #isAsKnown({ state, target }: Known): Promise<boolean> {
    try {
      const now = await getConsumerState(target, this.#parts);
      return !isOtherWish(state, { ...now, completedTick: state.completedTick });
    } catch {
      return true; // the error that there was says more
    }
  }

  /** What the node said, when it may still count: the transaction of each batch reads the state again. */
  #fresh(target: Connection): Known | null {
    const known = this.#known;
    if (known?.target !== target) return null;
    return this.#parts.service.clock.now() - known.readMs < LOOK_EVERY_MS ? known : null;
  }

  #remember(known: Known, { applied, isIdle }: RoundResult): void {
    if (isIdle) this.#known = known;
    else if (applied !== null) this.#known = { ...known, state: { ...known.state, completedTick: applied } };
  }

  /** Null: there is no batch to be asked for. */
  async #look(target: Connection, isRetried: boolean): Promise<Known | null> {
    const { role, service } = this.#parts;
    this.#rounds.forget();
    const readMs = service.clock.now();
    const state = await this.#agreed(target);
    this.#state = state;
    if (state.error !== null && !isRetried) await setConsumerError(target, service.log, this.#parts, null);
    if (this.#isPaused(state)) return null;
    const wish = await role.look(state, target);
    if (state.nodeType === "root") {
      await this.#rootRound(target);
      return null;
    }
    this.#rootPassMs = -Infinity;
    return { state, wish, target, readMs };
  }

  /** Differs: the old loop slept here ten times as long, and did not see a pause meanwhile. */
  async #rootRound(target: Connection): Promise<void> {
    const { service, role } = this.#parts;
    const nowMs = service.clock.now();
    if (nowMs - this.#rootPassMs < STANDBY_FACTOR * service.options.loopDelay) return;
    await service.connections.close(PROVIDER);
    await role.rootPass(target);
    this.#rootPassMs = nowMs;
    service.stats.put("standby", 1);
  }

  #isPaused({ isPaused }: ConsumerState): boolean {
    if (isPaused !== this.#toldPaused) {
      this.#parts.service.log.info({ queue: this.#parts.queue }, isPaused ? "paused" : "no longer paused");
    }
    this.#toldPaused = isPaused;
    return isPaused;
  }

  async #target(): Promise<Connection> {
    const { service, targetKey, role } = this.#parts;
    const target = await service.connections.get(targetKey);
    if (!this.#prepared.has(target)) await role.prepareTarget(target);
    this.#prepared.add(target);
    return target;
  }

  /** A network that swallows everything gives no error: without a limit an idle worker would wait for ever. */
  async #agreed(target: Connection): Promise<ConsumerState> {
    const { service, targetKey } = this.#parts;
    return await this.#limit.wait(
      () => agreedState(target, service.log, this.#parts),
      () => void service.connections.close(targetKey),
    );
  }

  /** The address comes from the own node in each round: a change of provider needs no restart. */
  async #source({ providerLocation }: ConsumerState): Promise<Connection> {
    return await this.#parts.service.connections.get(PROVIDER, { connstr: providerLocation, profile: "remote" });
  }

  /** Differs: the old loop always paused for exception_sleep. */
  #pauseMs(failures: number): number {
    const { loopDelay, exceptionSleep } = this.#parts.service.options;
    return Math.min(exceptionSleep, loopDelay * 2 ** Math.min(failures - 1, 30));
  }

  /** An administrator is answered in the pause after an error too, and what he changes may be the cure. */
  async #lookWhilePausing(): Promise<boolean> {
    try {
      const before = this.#state;
      const now = await this.#agreed(await this.#target());
      this.#state = now;
      return isOtherWish(before, now);
    } catch {
      return false; // the next round says why
    }
  }

  /** `status` of the set shows it until the next good round. */
  async #showError(error: unknown): Promise<void> {
    const { service } = this.#parts;
    try {
      const text = redactedReason(error);
      await setConsumerError(await this.#target(), service.log, this.#parts, text);
    } catch (failure) {
      service.log.warn({ reason: redactedReason(failure) }, "the error could not be stored in the node's state");
    }
  }
}

/** The node or the consumer was dropped: there is nothing left to do. */
function isNodeGone(error: unknown): boolean {
  return isRefused(error, 404) && /^Unknown (queue|consumer):/.test((error as Error).message);
}
