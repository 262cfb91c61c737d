// Numbers of clients as people see them. Workers number their clients each for itself; the remainder
// says whose a client is.

export interface OneOfWorkers {
  readonly worker: number;
  readonly workers: number;
}

export function publicId(own: number, { worker, workers }: OneOfWorkers): number {
  return own * workers + worker;
}

/** No whole number where the client is another worker's. */
export function ownId(id: number, { worker, workers }: OneOfWorkers): number {
  return (id - worker) / workers;
}
