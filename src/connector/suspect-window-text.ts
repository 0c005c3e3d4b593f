import type { ChannelSpec, NextOffset } from '../api/index.ts';
import type { SuspectWindow } from './late-rejections.ts';

/** Nothing was dropped, and nothing says that a row is missing. */
export const isMereDoubt = ({ count, unaccounted }: SuspectWindow): boolean => count === 0 && unaccounted === null;

/** For the log. */
export const windowFields = (
  { topic, partition }: ChannelSpec,
  { from, to, count }: SuspectWindow,
): Record<string, unknown> => ({ topic, partition, from: String(from), to: String(to), count });

export const windowPlace = ({ topic, partition, table }: ChannelSpec, { from, to }: SuspectWindow): string =>
  `topic ${topic}, partition ${partition}, table ${table}, offsets ${from} to ${to}`;

/** `reason`: Snowflake's last error message. */
export const whatHappened = (spec: ChannelSpec, window: SuspectWindow, reason: string): string => {
  const place = windowPlace(spec, window);
  const dropped = `Snowflake dropped ${window.count} row(s) of ${place} after accepting them: ${reason}`;
  if (window.unaccounted === null && window.count === 0) {
    return `Rows of ${place} were sent by somebody who did not account for them: Snowflake counts ${window.counted}`;
  }
  if (!window.unaccounted) return dropped;
  const swallowed = `Snowflake accepted ${window.unaccounted} row(s) of ${place} that it counts neither as stored nor as rejected`;
  return window.count === 0 ? swallowed : `${dropped}. And ${swallowed}`;
};

/** Of one row. */
export const whyMissing = ({ count, unaccounted }: SuspectWindow, reason: string): string => {
  if (!unaccounted) return reason;
  const swallowed = 'its counters know of no such row';
  return count === 0 ? swallowed : `${reason}, or ${swallowed}`;
};

/** The table lacks another number of rows than Snowflake dropped. */
export const whichUnknown = (spec: ChannelSpec, window: SuspectWindow, but: string): string =>
  `Snowflake dropped ${window.count} row(s) of ${windowPlace(spec, window)}, but ${but} ` +
  'So which were dropped cannot be told. Start once with snowsink.late.rejections=count, which goes on and counts them';

/** In the consumer's words for a position that the log does not hold. */
export const logEndsBefore = ({ from, to }: SuspectWindow, end: NextOffset): string =>
  `rows of offsets ${from} to ${to} are looked for, and their records must be read once more, but the log ends at ${end}: it was truncated, or the topic was made again. The committed offset was left as it is. Restart the task: it says then which choices there are`;
