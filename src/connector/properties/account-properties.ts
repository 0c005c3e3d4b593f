// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts show what users write
import { boolean, nonEmpty, password, string } from '../../config/index.ts';
import { login } from './property-groups.ts';

export const account = {
  'snowflake.url.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation:
      'Account URL: <organization>-<account>.snowflakecomputing.com, scheme and port optional; or http(s)://host:port of an emulator, a private link or a proxy.',
  }),
  'snowflake.account': string({
    default: null,
    importance: 'LOW',
    group: login,
    documentation:
      "The account's name where the URL's host does not begin with it (private link by another name, a proxy).",
  }),
  'snowflake.user.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'User whose RSA_PUBLIC_KEY belongs to the private key.',
  }),
  'snowflake.private.key': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation:
      'RSA private key, PKCS#8 or PKCS#1: PEM with real line breaks, with \\n written out, or the base64 alone. Better a variable than the text: ${file:/run/secrets/snowflake.properties:key}.',
  }),
  'snowflake.private.key.passphrase': password({
    default: '',
    importance: 'LOW',
    group: login,
    documentation: 'Decrypts an encrypted private key.',
  }),
  'snowflake.role.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'LOW',
    group: login,
    documentation: "Role of the session; not set: the user's default role.",
  }),
  'snowflake.database.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'Database of the tables.',
  }),
  'snowflake.schema.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'Schema of the tables.',
  }),
  'snowflake.authenticator': string({
    default: 'snowflake_jwt',
    importance: 'LOW',
    group: login,
    documentation:
      'snowflake_jwt: key pair. oauth: access tokens of an OAuth server (snowflake.oauth.…). programmatic_access_token: snowsink.token or snowsink.token.file. workload_identity: the OpenID Connect token in snowsink.token.file.',
  }),
  'snowflake.oauth.client.id': string({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: 'Client id of the OAuth integration.',
  }),
  'snowflake.oauth.client.secret': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: 'Client secret of the OAuth integration.',
  }),
  'snowflake.oauth.refresh.token': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: "Refresh token; v3's class needs one, the others ask by client credentials without it.",
  }),
  'snowflake.oauth.token.endpoint': string({
    default: null,
    importance: 'HIGH',
    group: login,
    documentation: "Where tokens are fetched; not set: the account's own.",
  }),
  'snowflake.oauth.include.scope': boolean({
    default: false,
    importance: 'LOW',
    group: login,
    documentation: 'Whether token requests name a scope.',
  }),
  'snowflake.oauth.scope': string({
    default: '',
    importance: 'LOW',
    group: login,
    documentation: 'That scope; empty: session:role:<role>.',
  }),
};
