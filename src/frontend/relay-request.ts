// Requests to a relay that the session makes by itself: a Sync alone, two pieces of one exchange.

import { syncMessage } from '../protocol/frontend-messages.ts';
import type { RelayRequest } from './session-context.ts';

/** Ends an exchange that failed. */
export const syncRequest: RelayRequest = {
  bytes: syncMessage,
  open: false,
  steps: null,
  forwardReady: true,
  plans: [],
  parsing: [],
  timing: null,
};

/** Two pieces of one exchange, whose answers end together. */
export function joined(first: RelayRequest, second: RelayRequest): RelayRequest {
  const plans = [...first.plans, ...second.plans];
  return { ...second, plans, parsing: [...first.parsing, ...second.parsing] };
}

/** Something follows from the tags of the answer. */
export function hasEffects({ plans }: RelayRequest): boolean {
  return plans.some(plan => plan.effect !== null || plan.changesSchema);
}
