import { type ChannelSpec, errorMessage, type NextOffset } from '../api/index.ts';
import { placeOf } from './channel-place.ts';
import type { SuspectWindow } from './late-rejections.ts';

/** Nothing was dropped, and nothing says that a row is missing. */
export const isMereDoubt = ({ count, unaccounted }: SuspectWindow): boolean => count === 0 && unaccounted === null;

/** For the log. */
export const windowFields = (
  { topic, partition }: ChannelSpec,
  { from, to, count }: SuspectWindow,
): Record<string, unknown> => ({ topic, partition, from: String(from), to: String(to), count });

export const windowPlace = (spec: ChannelSpec, { from, to }: SuspectWindow): string =>
  `${placeOf(spec)}, offsets ${from} to ${to}`;

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

export const cannotBeTold =
  'Which ones they are cannot be told without topic, offset and partition in RECORD_METADATA: set snowflake.metadata.all, snowflake.metadata.topic and snowflake.metadata.offset.and.partition to true for future rows; for these, start once with snowsink.late.rejections=count, which goes on and counts them';

export const couldNotBeRead = (error: unknown): string =>
  `Which ones they are could not be read from the table: ${errorMessage(error)} Or set snowsink.late.rejections=count, which goes on and counts them`;

const older = 'it holds older rows of the same topic, partition and offsets, as after a topic was made again.';

/** The table lacks another number of rows than Snowflake dropped. */
export const whichUnknown = (
  spec: ChannelSpec,
  window: SuspectWindow,
  { found, judgement }: { readonly found: number; readonly judgement: 'too many' | 'too few' },
): string =>
  `Snowflake dropped ${window.count} row(s) of ${windowPlace(spec, window)}, but ` +
  (judgement === 'too many'
    ? `${found} are not in the table: does somebody delete from it? `
    : `only ${found} are not in the table: ${older} `) +
  'So which were dropped cannot be told. Start once with snowsink.late.rejections=count, which goes on and counts them';

/** The table lacks less rows than Snowflake dropped, which may have a good reason. */
export const othersWereSentAgain = (found: number): string =>
  `But only ${found} are not in the table: an owner before has sent the others once more, or ${older}`;

/** In the consumer's words for a position that the log does not hold. */
export const logEndsBefore = ({ from, to }: SuspectWindow, end: NextOffset): string =>
  `rows of offsets ${from} to ${to} are looked for, and their records must be read once more, but the log ends at ${end}: it was truncated, or the topic was made again. The committed offset was left as it is. Restart the task: it says then which choices there are`;
