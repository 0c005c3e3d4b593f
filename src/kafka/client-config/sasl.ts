import type { Clock } from '../../api/index.ts';
import { type JaasConfig, type PropertyReader, parseJaasConfig } from '../../config/index.ts';
import { createOauthBearerProvider, type OauthBearerProvider } from './oauth-bearer.ts';

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'GSSAPI'] as const;

/** kafkajs's `sasl` option. */
export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly oauthBearerProvider: OauthBearerProvider };

/** From sasl.mechanism and sasl.jaas.config; problems go to the reader. Undefined where they do not add up. */
export const readSasl = (reader: PropertyReader, clock: Clock): SaslOptions | undefined => {
  const mechanism = reader.oneOf('sasl.mechanism', mechanisms, 'GSSAPI');
  if (mechanism === 'GSSAPI') {
    reader.problem(
      'sasl.mechanism',
      'Kerberos (GSSAPI, the default of Kafka) is not supported: set PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER',
    );
    return undefined;
  }
  const jaas = readJaas(reader, mechanism);
  if (mechanism === 'OAUTHBEARER') {
    const provider = createOauthBearerProvider(reader, jaas ?? { loginModule: '', options: {} }, clock);
    return { mechanism: 'oauthbearer', oauthBearerProvider: provider };
  }
  if (jaas === null) return undefined;
  const { username, password } = jaas.options;
  if (username === undefined || password === undefined) {
    reader.problem('sasl.jaas.config', `username="…" and password="…" are needed for ${mechanism}`);
    return undefined;
  }
  const names = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const;
  return { mechanism: names[mechanism], username, password };
};

const loginModules = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  OAUTHBEARER: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
} as const;

const readJaas = (reader: PropertyReader, mechanism: keyof typeof loginModules): JaasConfig | null => {
  const text = reader.text('sasl.jaas.config');
  const jaas = text === undefined ? null : parseJaasConfig(text);
  if (jaas !== null || (text === undefined && mechanism === 'OAUTHBEARER')) return jaas;
  const example = mechanism === 'OAUTHBEARER' ? 'clientId="…" clientSecret="…"' : 'username="…" password="…"';
  reader.problem(
    'sasl.jaas.config',
    `${text === undefined ? 'is missing' : 'cannot be read'}: write ${loginModules[mechanism]} required ${example};`,
  );
  return null;
};
