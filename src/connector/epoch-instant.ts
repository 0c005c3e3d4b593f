/** An instant with all the digits that its epoch had. */
export interface EpochInstant {
  /** Whole milliseconds. */
  readonly instant: Date;
  /** Digits behind the second's point: 0 or 3, 6, 9. */
  readonly fraction: string;
}

/** Units by magnitude, as the connector guesses: up to this many, a number counts in this unit. */
const units: readonly (readonly [limit: bigint, digits: number])[] = [
  [31_536_000_000n, 0],
  [31_536_000_000_000n, 3],
  [31_536_000_000_000_000n, 6],
];

/** Integer text as an epoch of seconds, milli-, micro- or nanoseconds, whichever its size suggests; null for other text. */
export const epochInstant = (text: string): EpochInstant | null => {
  if (!/^[+-]?\d{1,19}$/.test(text)) return null;
  const epoch = BigInt(text);
  const magnitude = epoch < 0n ? -epoch : epoch;
  const digits = units.find(([limit]) => magnitude < limit)?.[1] ?? 9;
  const unit = 10n ** BigInt(digits);
  const rest = ((epoch % unit) + unit) % unit;
  const seconds = (epoch - rest) / unit;
  const fraction = digits === 0 ? '0' : String(rest).padStart(digits, '0');
  const instant = new Date(Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')));
  return Number.isNaN(instant.getTime()) ? null : { instant, fraction };
};
