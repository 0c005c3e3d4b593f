/** A time zone's offset in seconds east of UTC. */
export interface Zone {
  /** At an instant, seconds since 1970. */
  offsetAt(epochSeconds: number): number;
  /** At a local date and time, written as seconds as if it were UTC: java.time.zone.ZoneRules.getOffset(LocalDateTime). */
  offsetAtLocal(localSeconds: number): number;
}

const fixedOffset = /^([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/;
const day = 86_400;

/** `+08:00` or a name of the zone database like `America/Los_Angeles`; null: neither. */
export const parseZone = (text: string): Zone | null => {
  const fixed = fixedOffset.exec(text);
  if (fixed !== null) {
    const [, sign, hours, minutes, seconds] = fixed;
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
    const offset = sign === '-' ? -size : size;
    return size > 18 * 3600 ? null : { offsetAt: () => offset, offsetAtLocal: () => offset };
  }
  return /^[A-Za-z]/.test(text) ? namedZone(text) : null;
};

const namedZone = (timeZone: string): Zone | null => {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    return null;
  }
  const offsetAt = (epochSeconds: number): number => {
    const name = format.formatToParts(epochSeconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name) ?? [];
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -size : size;
  };
  /** Times that exist twice, and times that a change of the clocks skips, are read with the offset before the change. */
  const offsetAtLocal = (localSeconds: number): number => {
    const [before, after] = [offsetAt(localSeconds - day), offsetAt(localSeconds + day)];
    const isBefore = offsetAt(localSeconds - before) === before;
    return isBefore || offsetAt(localSeconds - after) !== after ? before : after;
  };
  return { offsetAt, offsetAtLocal };
};

/** `Z`, `+02:00`, `-03:30`. */
export const offsetText = (offset: number): string => {
  if (offset === 0) return 'Z';
  const size = Math.abs(offset);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 === 0 ? [] : [size % 60])];
  return (offset < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(':');
};
