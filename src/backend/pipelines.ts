// The pipelines of one pool: which connection a query joins. What comes in one turn of the event
// loop goes together, as long as it can be expected to be short; then idle connections are taken;
// when there are none, the pipeline with the least to do.

import type { ServerConnection } from './server-connection.ts';
import { type PipelineOwner, ServerPipeline } from './server-pipeline.ts';

/** A statement that takes longer has a connection to itself. */
const sharedCostMaxMs = 1;

/** Expected time of what is put on one connection in one turn while others are idle. */
const batchCostMaxMs = 0.4;

/** How often pipelines are looked at for queries that hold up those behind them. */
const lookMs = 12;

/** Who is displaced has to wait again: held up for this part of a wait is better. */
const heldPart = 0.25;

/** The connections that pipelines are made of. */
export interface PipelineSource {
  tryAcquireIn(settingsId: number): ServerConnection | null;
  release(server: ServerConnection): void;
  /** Clients that need a connection for themselves wait: they come first. */
  readonly waiting: number;
  /** How long the first of them has waited. */
  readonly longestWaitMs: number;
  /** Queries on one connection at a time; 1: no pipelines. */
  readonly pipelineDepth: number;
}

export class Pipelines implements PipelineOwner {
  readonly #source: PipelineSource;
  readonly #byServer = new Map<ServerConnection, ServerPipeline>();
  readonly #running: ServerPipeline[] = [];
  /** Gets what else comes in this turn. */
  #filling: ServerPipeline | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** The shortest answer there is: what the network and the server's scheduling cost. */
  #fastestMs = Number.POSITIVE_INFINITY;

  constructor(source: PipelineSource) {
    this.#source = source;
  }

  /** Where a query can go whose answers lately took `tookMs` at best; null: it needs a connection
   *  of its own. Let it join what comes, or give that up, before anything else happens. */
  find(settingsId: number, tookMs: number): ServerPipeline | null {
    if (this.#source.waiting > 0) return null;
    const costMs = this.costMs(tookMs);
    if (costMs > sharedCostMaxMs) return null;
    const filling = this.#filling;
    if (filling?.hasUnsent && this.#fits(filling, settingsId)) {
      if (filling.batchCostMs + costMs <= batchCostMaxMs) {
        filling.batchCostMs += costMs;
        return filling;
      }
    }
    const found = this.#fresh(settingsId) ?? this.#leastBusy(settingsId);
    if (found !== null) found.batchCostMs += costMs;
    return found;
  }

  /** What the statement itself takes of an answer's time. Infinity: there are no pipelines. */
  costMs(tookMs: number): number {
    if (this.#source.pipelineDepth <= 1) return Number.POSITIVE_INFINITY;
    if (tookMs < this.#fastestMs) this.#fastestMs = tookMs;
    return tookMs - this.#fastestMs;
  }

  /** Everything that joins is sent at the end of this turn. */
  onJoined(pipeline: ServerPipeline): void {
    this.#filling = pipeline;
    atTurnEnd(pipeline);
    if (pipeline.depth > 1) this.#timer ??= setInterval(() => setImmediate(this.#look), lookMs);
  }

  onIdle(pipeline: ServerPipeline): void {
    const at = this.#running.indexOf(pipeline);
    if (at < 0) return;
    const last = this.#running.pop()!;
    if (last !== pipeline) this.#running[at] = last;
    if (this.#filling === pipeline) this.#filling = null;
    this.#source.release(pipeline.server);
  }

  /** The connection is gone. */
  forget(server: ServerConnection): void {
    this.#byServer.delete(server);
  }

  #fits(pipeline: ServerPipeline, settingsId: number): boolean {
    if (pipeline.sealed || pipeline.depth >= this.#source.pipelineDepth) return false;
    return pipeline.depth > 0 && pipeline.server.settingsId === settingsId;
  }

  #fresh(settingsId: number): ServerPipeline | null {
    const server = this.#source.tryAcquireIn(settingsId);
    return server === null ? null : this.begin(server);
  }

  /** A pipeline on a connection that is nobody's. */
  begin(server: ServerConnection): ServerPipeline {
    let pipeline = this.#byServer.get(server);
    if (pipeline === undefined) {
      pipeline = new ServerPipeline(server, this);
      this.#byServer.set(server, pipeline);
    }
    pipeline.open();
    this.#running.push(pipeline);
    return pipeline;
  }

  #leastBusy(settingsId: number): ServerPipeline | null {
    let least: ServerPipeline | null = null;
    for (const pipeline of this.#running) {
      if (!this.#fits(pipeline, settingsId)) continue;
      if (least === null || pipeline.depth < least.depth) least = pipeline;
    }
    return least;
  }

  /** Called behind the reads of a turn, so that no answer lies unread. */
  readonly #look = (): void => {
    let deep = false;
    const waitMs = this.#source.longestWaitMs * heldPart;
    for (const pipeline of [...this.#running]) {
      pipeline.look(waitMs);
      if (pipeline.depth > 1) deep = true;
    }
    if (deep || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  };
}

const leaving: ServerPipeline[] = [];

/** What is read in this turn of the event loop is sent before the next begins. */
function atTurnEnd(pipeline: ServerPipeline): void {
  if (leaving.length === 0) setImmediate(sendAll);
  else if (leaving.includes(pipeline)) return;
  leaving.push(pipeline);
}

function sendAll(): void {
  for (const pipeline of leaving) pipeline.flush();
  leaving.length = 0;
}
