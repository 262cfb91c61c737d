// The admin database: opens a session for each of its clients, keeps the averages, and gives the
// metrics endpoint its text.

import type { Logger } from '../common/logger.ts';
import { timerMs } from '../common/timer.ts';
import type { Config } from '../config/config.ts';
import { type AdminClient, type OpenAdmin, summedNames } from '../frontend/admin-gate.ts';
import { MetricsEndpoint } from '../metrics/metrics-endpoint.ts';
import { openMetricsText } from '../metrics/open-metrics.ts';
import { loginDone } from '../protocol/backend-messages.ts';
import { AdminSession } from './admin-session.ts';
import type { AdminTarget } from './admin-target.ts';
import { Averages } from './averages.ts';
import { reportedParameters, sessionParameters } from './session-parameters.ts';

export class AdminDatabase {
  readonly #target: AdminTarget;
  readonly #config: () => Config;
  readonly #log: Logger;
  readonly #averages = new Averages(Date.now());
  #timer: NodeJS.Timeout | undefined;
  readonly #endpoint = new MetricsEndpoint(() => this.#metricsText());

  constructor(target: AdminTarget, config: () => Config, log: Logger) {
    this.#target = target;
    this.#config = config;
    this.#log = log;
    this.#nextPeriod();
  }

  readonly open: OpenAdmin = (
    transport,
    { database, parameters },
    keyFor,
    onClosed,
  ): AdminClient => {
    const context = {
      target: this.#target,
      averages: this.#averages,
      config: this.#config,
      log: this.#log,
      summed: summedNames.includes(database),
    };
    const session = new AdminSession(transport, context, onClosed);
    const key = keyFor(session);
    const values = new Map(
      reportedParameters.map(name => [name, sessionParameters.get(name.toLowerCase()) ?? '']),
    );
    values.set('application_name', parameters.get('application_name') ?? '');
    transport.write(loginDone(values, key));
    return session;
  };

  /** Opens the metrics endpoint, if it is configured. Rejects when its port is taken. */
  async listen(): Promise<void> {
    const { openmetricsHost, openmetricsPort } = this.#config().general;
    if (openmetricsPort !== null) await this.#endpoint.listen(openmetricsHost, openmetricsPort);
  }

  async #metricsText(): Promise<string> {
    const namespace = this.#config().general.openmetricsNamespace;
    return openMetricsText(await this.#target.snapshot('totals'), namespace);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#endpoint.close();
  }

  #nextPeriod(): void {
    const { statsPeriodMs } = this.#config().general;
    this.#timer = setTimeout(() => void this.#periodEnds(), timerMs(statsPeriodMs));
    this.#timer.unref();
  }

  async #periodEnds(): Promise<void> {
    this.#nextPeriod();
    try {
      this.#averages.tick(await this.#target.snapshot('totals'), Date.now());
    } catch {
      // The next period is a longer one.
    }
  }
}
