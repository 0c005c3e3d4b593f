import type { CreateTest } from './predicate.ts';

/** True for records whose value is null, whatever their schema. */
export const recordIsTombstone: CreateTest = () => (record) => record.value === null;
