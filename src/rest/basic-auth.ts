import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, errorMessage } from '../api/index.ts';
import { parseJaasConfig, readPropertiesFile } from '../config/index.ts';

type Properties = Readonly<Record<string, string>>;
type Environment = Readonly<Record<string, string | undefined>>;

const classesKey = 'rest.extension.classes';
const fileKey = 'snowsink.rest.credentials.file';
const extension = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension';

/** Whether a request's Authorization header names a user and their password. */
export type Authorize = (authorization: string | undefined) => boolean;

const problem = (key: string, message: string): ConfigError => new ConfigError([{ key, message }]);

/** What an extension's login module would read: the file of `java.security.auth.login.config`, section KafkaConnect. */
const credentialsFileOfJaas = (environment: Environment): string | null => {
  const option = /-Djava\.security\.auth\.login\.config=("[^"]*"|\S+)/.exec(environment['KAFKA_OPTS'] ?? '')?.[1];
  if (option === undefined) return null;
  const path = option.replaceAll('"', '');
  const section = /\bKafkaConnect\s*\{([^}]*)\}/.exec(read(path, 'KAFKA_OPTS'))?.[1] ?? '';
  const file = parseJaasConfig(section.trim())?.options['file'];
  if (file !== undefined) return file;
  throw problem('KAFKA_OPTS', `${path} has no section KafkaConnect { …PropertyFileLoginModule required file="…"; };`);
};

const read = (path: string, key: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw problem(key, `${path} cannot be read (${errorMessage(error)}): give a path that this process may read`);
  }
};

const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

/** `Basic` and base64 of `user:password` (RFC 7617). */
const userAndPassword = (authorization: string | undefined): readonly [string, string] | null => {
  const encoded = /^Basic\s+(?<text>\S+)$/i.exec(authorization ?? '')?.groups?.['text'];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? null : [text.slice(0, at), text.slice(at + 1)];
};

/**
 * HTTP basic auth as Connect's BasicAuthSecurityRestExtension does it, with its PropertyFileLoginModule: `user=password` lines. The file is
 * named by the JAAS file in KAFKA_OPTS, or directly by snowsink.rest.credentials.file. Null: everybody may call.
 * @throws ConfigError also for a file without users, by which the Java module would let everybody in
 */
export const readBasicAuth = (properties: Properties, environment: Environment): Authorize | null => {
  const classes = (properties[classesKey] ?? '').split(',').flatMap((name) => name.trim() || []);
  const unknown = classes.find((name) => name !== extension);
  if (unknown !== undefined) throw problem(classesKey, `Class ${unknown} could not be found. There is: ${extension}`);
  const given = properties[fileKey];
  if (classes.length === 0 && given === undefined) return null;
  const file = given ?? credentialsFileOfJaas(environment);
  if (file === null) {
    const how = `set ${fileKey}, or java.security.auth.login.config in KAFKA_OPTS as for Kafka Connect`;
    throw problem(classesKey, `${extension} needs a file of users and passwords: ${how}`);
  }
  read(file, given === undefined ? 'KAFKA_OPTS' : fileKey);
  const users = new Map(Object.entries(readPropertiesFile(file)));
  if (users.size === 0) throw problem(fileKey, `${file} names no user: write a line user=password`);
  return (authorization) => {
    const [user, password] = userAndPassword(authorization) ?? [];
    const known = user === undefined ? undefined : users.get(user);
    return known !== undefined && password !== undefined && sameText(known, password);
  };
};
