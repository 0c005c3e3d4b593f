import { DataError, logicalNames } from '../../api/index.ts';
import { offsetText, type Zone } from './zone-offset.ts';

/** Moves one value into a zone; by the name of its schema (io.debezium.time.*, Connect's Timestamp). */
type Move = (value: unknown, zone: Zone, nowMs: () => number) => unknown;

/** Timestamps without a zone are read as local times there: what is stored is the instant that this local time names. */
const localTimestamp =
  (unitsPerSecond: bigint): Move =>
  (value, zone) => {
    if (typeof value !== 'bigint') throw new DataError('A timestamp of io.debezium.time must be an INT64');
    const seconds = value / unitsPerSecond - (value % unitsPerSecond < 0n ? 1n : 0n);
    return value - BigInt(zone.offsetAtLocal(Number(seconds))) * unitsPerSecond;
  };

const connectTimestamp: Move = (value, zone) => {
  if (!(value instanceof Date)) throw new DataError('A Timestamp must be a java.util.Date');
  return new Date(value.getTime() - zone.offsetAtLocal(Math.floor(value.getTime() / 1000)) * 1000);
};

const dateTime = /^(\d{4,}-\d{2}-\d{2})T(\d{2}:\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)$/;
const time = /^(\d{2}:\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)$/;

const secondsOf = (offset: string): number => {
  if (offset === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
};
const fractionText = (fraction = ''): string => fraction.replace(/\.?0+$/, '');

/** The same instant at the zone's offset: `2011-01-11T16:40:30.123+02:00`. */
const zonedTimestamp: Move = (value, zone) => {
  const match = dateTime.exec(String(value));
  if (match === null) throw new DataError('A ZonedTimestamp must be a date and time of ISO 8601 with an offset');
  const [, date, minutes, seconds = '00', fraction, offset = 'Z'] = match;
  const local = Date.parse(`${date}T${minutes}:${seconds}Z`) / 1000;
  const target = zone.offsetAtLocal(local);
  const moved = new Date((local - secondsOf(offset) + target) * 1000).toISOString().slice(0, 19);
  return `${moved}${fractionText(fraction)}${offsetText(target)}`;
};

/** A time of day has no date: the zone's offset of today counts, as in Debezium. */
const zonedTime: Move = (value, zone, nowMs) => {
  const match = time.exec(String(value));
  if (match === null) throw new DataError('A ZonedTime must be a time of ISO 8601 with an offset');
  const [, minutes, seconds = '00', fraction, offset = 'Z'] = match;
  const target = zone.offsetAt(Math.floor(nowMs() / 1000));
  const local = Date.parse(`1970-01-02T${minutes}:${seconds}Z`) / 1000;
  const moved = new Date((local - secondsOf(offset) + target) * 1000).toISOString().slice(11, 19);
  return `${moved}${fractionText(fraction)}${offsetText(target)}`;
};

export const movesByName: ReadonlyMap<string, Move> = new Map([
  ['io.debezium.time.Timestamp', localTimestamp(1000n)],
  ['io.debezium.time.MicroTimestamp', localTimestamp(1_000_000n)],
  ['io.debezium.time.NanoTimestamp', localTimestamp(1_000_000_000n)],
  ['io.debezium.time.ZonedTimestamp', zonedTimestamp],
  ['io.debezium.time.ZonedTime', zonedTime],
  [logicalNames.timestamp, connectTimestamp],
]);
