import type { SinkSettings } from '../../connector/sink-settings.ts';
import type { TablePlan } from './plan-tables.ts';

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').trim();
const comment = (text: string): string => `--   ${oneLine(text)}`;
const records = (count: number): string => `${count} record${count === 1 ? '' : 's'}`;

/** Kinds of refusals that are printed for a table. */
const mostRefusals = 10;

const tableText = ({ table, topics, records: seen, statements, unfit, refusals }: TablePlan): string => {
  const kinds = [...refusals].toSorted(([, a], [, b]) => b - a);
  return [
    `-- ${[...topics].join(', ')} → ${table}: ${records(seen)} looked at`,
    ...statements.map((statement) => `${statement};`),
    ...(unfit === null ? [] : [comment(`The table cannot be used: ${unfit}`)]),
    ...kinds.slice(0, mostRefusals).map(([why, count]) => comment(`${records(count)} would not fit: ${why}`)),
    ...(kinds.length > mostRefusals ? [comment(`and ${kinds.length - mostRefusals} reasons more`)] : []),
    ...(statements.length === 0 && unfit === null && kinds.length === 0 ? [comment('nothing to change')] : []),
  ].join('\n');
};

type Settings = Pick<SinkSettings, 'destination' | 'schematization' | 'validation' | 'evolution'>;

/** What a destination makes besides: it is no table of rows. */
const besides: Readonly<Record<Settings['destination'], readonly string[]>> = {
  'snowpipe-streaming': [],
  'staged-copy': [
    '-- besides, the connector makes a stage of its own and the table SNOWSINK_OFFSETS (CREATE STAGE, CREATE TABLE ON SCHEMA)',
  ],
  'file-snowpipe': [
    '-- besides, the connector makes a stage for each table and a pipe for each partition, SNOWFLAKE_KAFKA_CONNECTOR_… (CREATE STAGE, CREATE PIPE ON SCHEMA)',
  ],
};

/** Who runs the statements, where it is not the connector. */
const preface = ({ schematization, validation, evolution: { policy } }: Settings): readonly string[] => {
  if (!schematization) return [];
  if (validation === 'server')
    return [
      '-- snowflake.validation=server_side: Snowflake itself adds columns as rows come, of types that it chooses; they are not listed',
    ];
  return policy === 'evolve'
    ? []
    : [`-- snowsink.schema.evolution=${policy}: the connector alters no table; run this first`];
};

/** SQL that can be run as it is; all else is comments. */
export const planText = (plans: readonly TablePlan[], settings: Settings): string =>
  [...besides[settings.destination], ...preface(settings), ...plans.map(tableText)].join('\n\n');

export const planJson = (plans: readonly TablePlan[]): string =>
  JSON.stringify(
    {
      ok: plans.every(fits),
      tables: plans.map(({ topics, refusals, ...plan }) => ({
        ...plan,
        topics: [...topics],
        refusals: [...refusals].map(([why, count]) => ({ why, records: count })),
      })),
    },
    null,
    2,
  );

export const fits = ({ unfit, refusals }: TablePlan): boolean => unfit === null && refusals.size === 0;
