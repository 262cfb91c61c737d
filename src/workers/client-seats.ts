// Counts the clients of all workers per user and per database: limits hold for the whole process,
// however the system spreads connections over the workers.

import type { LimitedUser } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';
import { ClientCount } from '../frontend/client-count.ts';

interface Seat {
  readonly user: LimitedUser;
  readonly database: string;
  clients: number;
}

export class ClientSeats {
  readonly #count = new ClientCount();
  readonly #workers: Map<string, Seat>[];

  constructor(workers: number) {
    this.#workers = Array.from({ length: workers }, () => new Map());
  }

  /** Throws PgError as `ClientCount`. */
  enter(config: Config, worker: number, user: LimitedUser, database: string): void {
    this.#count.enter(config, user, database);
    this.#seat(worker, user, database).clients += 1;
  }

  leave(worker: number, user: LimitedUser, database: string): void {
    this.#count.leave(user, database);
    const seat = this.#seat(worker, user, database);
    seat.clients -= 1;
    if (seat.clients === 0) this.#workers[worker]!.delete(keyOf(user, database));
  }

  /** The worker is gone, and its clients with it. */
  clear(worker: number): void {
    for (const { user, database, clients } of this.#workers[worker]!.values()) {
      for (let i = 0; i < clients; i++) this.#count.leave(user, database);
    }
    this.#workers[worker]!.clear();
  }

  #seat(worker: number, user: LimitedUser, database: string): Seat {
    const seats = this.#workers[worker]!;
    const key = keyOf(user, database);
    let seat = seats.get(key);
    if (seat === undefined) seats.set(key, (seat = { user, database, clients: 0 }));
    return seat;
  }
}

function keyOf({ name }: LimitedUser, database: string): string {
  return JSON.stringify([name, database]);
}
