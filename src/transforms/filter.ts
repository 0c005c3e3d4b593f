import type { CreateApply } from './record-side.ts';

/** Drops every record; of use with a predicate. */
export const filter: CreateApply = () => () => null;
