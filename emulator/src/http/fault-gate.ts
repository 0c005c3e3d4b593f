import { setTimeout as delay } from 'node:timers/promises';
import type { FaultAction, FaultSubject } from '../control/fault.ts';
import type { Faults } from '../control/faults.ts';
import { errorReply } from './error-body.ts';
import { ConnectionCut, HttpRefusal, type Reply } from './exchange.ts';

/** Sends half of this reply's body and cuts the connection. */
export class HalfReply extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super('half reply');
    this.reply = reply;
  }
}

/** Puts ordered faults around the handling of one request. */
export const withFaults = async (
  faults: Faults,
  subject: FaultSubject,
  handle: (actions: readonly FaultAction[]) => Promise<Reply>,
): Promise<Reply> => {
  const actions = faults.strike(subject);
  if (actions.length === 0) return handle(actions);
  for (const action of actions) await strikeBefore(action);
  const reply = await handle(actions);
  for (const action of actions) await strikeAfter(action, reply);
  return reply;
};

const strikeBefore = async (action: FaultAction): Promise<void> => {
  if (action.type === 'delay' && action.when !== 'after') await delay(action.ms);
  if (action.type === 'reset' && action.when === 'before') throw new ConnectionCut();
  if (action.type === 'respond' && action.when !== 'after') throw new HttpRefusal(injected(action));
};

const strikeAfter = async (action: FaultAction, reply: Reply): Promise<void> => {
  if (action.type === 'delay' && action.when === 'after') await delay(action.ms);
  if (action.type === 'reset' && action.when === 'after') throw new ConnectionCut();
  if (action.type === 'respond' && action.when === 'after') throw new HttpRefusal(injected(action));
  if (action.type === 'half-reply') throw new HalfReply(reply);
};

const injected = ({ status, code, message, form }: Extract<FaultAction, { type: 'respond' }>): Reply =>
  errorReply(
    { httpStatus: status, code: code ?? 'ERR_GENERAL_EXCEPTION_RETRY_REQUEST', message: message ?? 'Injected fault.' },
    form ?? 'code',
  );
