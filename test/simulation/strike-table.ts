import { auditMoments, type FaultKind, faultKinds, type Moment, moments } from './faults.ts';

/** An operator's offset wipes out what was noted of lost rows (docs/exactly-once.md): it is not set while some are looked for. */
const isPossible = (kind: FaultKind, moment: Moment): boolean =>
  kind !== 'offsets-reset' || !auditMoments.some((one) => one === moment);

/** Fault × moment → how often it struck then. */
export class StrikeTable {
  readonly #counts = new Map<string, number>();

  add(strikes: ReadonlyMap<string, number>): void {
    for (const [key, count] of strikes) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  get strikes(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Pairs that never came about. */
  zeros(): readonly { readonly kind: FaultKind; readonly moment: Moment }[] {
    const pairs = faultKinds.flatMap((kind) => moments.map((moment) => ({ kind, moment })));
    return pairs.filter(({ kind, moment }) => isPossible(kind, moment) && !this.#counts.has(`${kind}\t${moment}`));
  }

  text(): string {
    const width = Math.max(...faultKinds.map((kind) => kind.length));
    const head = `${''.padEnd(width)} ${moments.map((moment) => moment.padStart(14)).join('')}`;
    const rows = faultKinds.map((kind) => {
      const cells = moments.map((moment) => {
        const count = this.#counts.get(`${kind}\t${moment}`) ?? 0;
        return (isPossible(kind, moment) ? String(count) : '-').padStart(14);
      });
      return `${kind.padEnd(width)} ${cells.join('')}`;
    });
    const zeros = this.zeros().map(({ kind, moment }) => `${kind} × ${moment}`);
    return [head, ...rows, `never: ${zeros.join(', ') || 'none'}`].join('\n');
  }
}
