import { ConnectError } from '../api/index.ts';

interface ErrorFacts {
  readonly message: string;
  readonly name: string;
  /** Kafka's name of the error code. */
  readonly type: string;
  /** Node's error code. */
  readonly code: string;
}

/** What to change, by Kafka's error name, Node's error code or kafkajs's error class. */
const fixes: Readonly<Record<string, string>> = {
  KafkaJSSASLAuthenticationError: 'check sasl.mechanism, and user name and password in sasl.jaas.config',
  SASL_AUTHENTICATION_FAILED: 'check sasl.mechanism, and user name and password in sasl.jaas.config',
  UNSUPPORTED_SASL_MECHANISM: 'set sasl.mechanism to one that the broker has enabled',
  TOPIC_AUTHORIZATION_FAILED: 'grant this principal READ and DESCRIBE on the topic (WRITE for the dead letter queue)',
  GROUP_AUTHORIZATION_FAILED: 'grant this principal READ on the consumer group (group.id)',
  CLUSTER_AUTHORIZATION_FAILED: 'grant this principal the operation on the cluster (CREATE for topics)',
  INCONSISTENT_GROUP_PROTOCOL:
    'the group has members that assign partitions otherwise, such as a Java Connect worker: stop them first, or use another group.id',
  INVALID_SESSION_TIMEOUT:
    'set session.timeout.ms within the broker’s group.min.session.timeout.ms and group.max.session.timeout.ms',
  INVALID_REPLICATION_FACTOR: 'the cluster has fewer brokers than that: set a smaller replication factor',
  MESSAGE_TOO_LARGE: 'raise max.message.bytes of the topic',
  UNKNOWN_TOPIC_OR_PARTITION:
    'the topic does not exist, or this principal may not DESCRIBE it: create it, or mend its name',
  INVALID_TOPIC_EXCEPTION: 'topic names are 1 to 249 characters of A-Z a-z 0-9 . _ -',
  ECONNREFUSED: 'check that Kafka runs there and bootstrap.servers is right',
  ENOTFOUND: 'the host name does not resolve: check bootstrap.servers',
  EAI_AGAIN: 'the host name does not resolve: check bootstrap.servers and DNS',
  ETIMEDOUT: 'check bootstrap.servers, firewall and network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'set ssl.truststore.location to the certificate of the broker’s authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'set ssl.truststore.location to the certificate of the broker’s authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'set ssl.truststore.location to the certificate of the broker’s authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'set ssl.truststore.location to the certificate of the broker’s authority',
  CERT_HAS_EXPIRED: 'the broker’s certificate has expired: renew it',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the broker’s certificate is for another host: use that name in bootstrap.servers, or set ssl.endpoint.identification.algorithm to nothing',
  EPROTO: 'the port does not speak TLS as expected: check security.protocol and the port',
  KafkaJSConnectionClosedError: 'the broker hung up: check security.protocol and the port (TLS, SASL)',
};

/** kafkajs wraps causes; the innermost knows best. */
function* chain(error: unknown): Generator<Error> {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) yield at;
}

const factsOf = (error: Error): ErrorFacts => {
  const { type, code } = error as { type?: unknown; code?: unknown };
  return { message: error.message, name: error.name, type: String(type ?? ''), code: String(code ?? '') };
};

/** A kafkajs or network error as a sentence: what failed (`doing`), why, and the fix where it is known. */
export const explainKafkaError = (error: unknown, doing: string): ConnectError => {
  const errors = [...chain(error)];
  const explained = errors.find((at) => at instanceof ConnectError);
  if (explained !== undefined) return explained;
  const facts = errors.map(factsOf);
  for (const fact of facts) {
    const fix = fixes[fact.type] ?? fixes[fact.code] ?? fixes[fact.name];
    if (fix !== undefined) return new ConnectError(`${doing}: ${fact.message}: ${fix}`, { cause: error });
  }
  return new ConnectError(`${doing}: ${facts.at(-1)?.message ?? String(error)}`, { cause: error });
};
