import { errorMessage } from '../../api/index.ts';
import { RegistryAnswerError, SchemaRegistries } from '../../registry/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import type { Report } from './finding.ts';

/** No registry has it: that it says so is the answer looked for. */
const noSubject = 'snowsink-check-no-such-subject';
const notFound = 404;

/** Whether the schema registries of key and value converter answer, and take the credentials. */
export const checkRegistries = async ({ properties }: ConnectorSetup, report: Report): Promise<void> => {
  const urls = new Set<string>();
  for (const { config } of [properties.keyConverter, properties.valueConverter]) {
    const url = config['schema.registry.url'];
    if (url === undefined || urls.has(url)) continue;
    urls.add(url);
    const subject = 'schema registry';
    const registries = new SchemaRegistries(systemClock, Math.random);
    try {
      const client = registries.client({ ...config, 'max.retries': '0' });
      try {
        await client.latest(noSubject);
      } finally {
        await client.close();
      }
    } catch (error) {
      if (error instanceof RegistryAnswerError && error.status === notFound)
        report('ok', subject, `${withoutUser(url)} answers`);
      else report('fail', subject, errorMessage(error));
    }
  }
};

const withoutUser = (url: string): string => url.replaceAll(/\/\/[^@/,]*@/g, '//');
