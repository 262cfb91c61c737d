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

/** Two pieces of one exchange, whose answers end together. Of a first one whose answers all came
 *  and of which nothing follows only one plan stays (something was executed), so that an exchange
 *  without an end does not take more and more memory. */
export function joined(
  first: RelayRequest,
  second: RelayRequest,
  answers: { forgetTags(): boolean },
): RelayRequest {
  const settled = canSettle(first) && answers.forgetTags();
  const plans = [...(settled ? first.plans.slice(0, 1) : first.plans), ...second.plans];
  return { ...second, plans, parsing: [...(settled ? [] : first.parsing), ...second.parsing] };
}

/** Nothing of it is asked for when the exchange ends. */
function canSettle({ plans }: RelayRequest): boolean {
  return plans.every(
    ({ effect, changesSchema, pinsSession, tag }) =>
      effect === null && !changesSchema && pinsSession === null && tag !== 'COPY',
  );
}

/** Something follows from the tags of the answer. */
export function hasEffects({ plans }: RelayRequest): boolean {
  return plans.some(plan => plan.effect !== null || plan.changesSchema);
}
