import { ConfigError, problemText } from '../../api/index.ts';
import type { ConnectorFile } from '../../config/index.ts';
import { listedTopics } from '../../connector/topic-collisions.ts';
import { type GivenFiles, setUpConnector } from '../connector-setup.ts';
import { checkKafka } from './check-kafka.ts';
import { checkRecords } from './check-records.ts';
import { checkRegistries } from './check-registry.ts';
import { checkSnowflake } from './check-snowflake.ts';
import type { Finding, Report } from './finding.ts';

/** What a connector whose config is sound would meet: broker, topics, registry, account. Writes nothing that stays. */
export const checkOnline = async (
  given: Pick<GivenFiles, 'worker' | 'plugins'>,
  file: ConnectorFile,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  const report: Report = (level, subject, message) => findings.push({ level, source: file.path, subject, message });
  try {
    const setup = await setUpConnector(given, file);
    const topics = await checkKafka(setup, report);
    await checkRegistries(setup, report);
    await checkRecords(setup, given.plugins, topics, report);
    const named = topics.length > 0 ? topics : listedTopics(setup.config);
    await checkSnowflake(setup, named, report);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) report('fail', problem.key, problemText(problem));
  }
  return findings;
};
