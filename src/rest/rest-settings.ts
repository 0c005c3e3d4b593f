import type { ServerOptions } from 'node:https';
import { ConfigError } from '../api/index.ts';
import { originalsWithPrefix, PropertyReader, readSsl } from '../config/index.ts';
import { type Authorize, readBasicAuth } from './basic-auth.ts';
import { type CrossOriginSettings, readCrossOrigin } from './cross-origin.ts';
import { type Listener, parseListener } from './listeners.ts';
import { type HeaderRule, readResponseHeaders } from './response-headers.ts';

type Properties = Readonly<Record<string, string>>;

/** The worker's properties that REST goes by. */
export interface RestSettings {
  readonly listeners: readonly Listener[];
  /** Null: the admin endpoints are on the listeners. Empty: there are none. */
  readonly adminListeners: readonly Listener[] | null;
  /** Of https listeners; null where there are none. */
  readonly tls: ServerOptions | null;
  readonly authorize: Authorize | null;
  readonly crossOrigin: CrossOriginSettings;
  readonly responseHeaders: readonly HeaderRule[];
  readonly advertised: {
    readonly host: string | null;
    readonly port: number | null;
    readonly scheme: 'http' | 'https' | null;
  };
}

const listenersOf = (text: string, key: string): readonly Listener[] =>
  text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => parseListener(item, key));

/** All of `listeners.https.` or, where there is none of it, the plain `ssl.*` (Connect's rule). */
const readTls = (properties: Properties): ServerOptions => {
  const own = originalsWithPrefix(properties, 'listeners.https.');
  const given = Object.keys(own).some((name) => name.startsWith('ssl.')) ? own : properties;
  const reader = new PropertyReader(given);
  const { checkServerIdentity: _client, pskCallback: _psk, ...options } = readSsl(reader);
  const clientAuth = reader.oneOf('ssl.client.auth', ['none', 'requested', 'required'], 'none');
  if (options.cert === undefined && options.pfx === undefined) {
    const fix = 'an https listener needs a key and its certificate; PEM or PKCS12';
    reader.problem('listeners.https.ssl.keystore.location', `is missing: ${fix}`);
  }
  reader.finish();
  return { ...options, requestCert: clientAuth !== 'none', rejectUnauthorized: clientAuth === 'required' };
};

const schemeOf = (text: string | undefined): 'http' | 'https' | null => {
  if (text === undefined || text.trim() === '') return null;
  const scheme = text.trim().toLowerCase();
  if (scheme === 'http' || scheme === 'https') return scheme;
  throw new ConfigError([{ key: 'rest.advertised.listener', message: 'Invalid value: use http or https' }]);
};

/** Throws a ConfigError that names the property. */
export const readRestSettings = (
  properties: Properties,
  environment: Readonly<Record<string, string | undefined>>,
): RestSettings => {
  const listeners = listenersOf(properties['listeners'] ?? '', 'listeners');
  const admin = properties['admin.listeners'];
  const adminListeners = admin === undefined ? null : listenersOf(admin, 'admin.listeners');
  const isSecure = [...listeners, ...(adminListeners ?? [])].some(({ scheme }) => scheme === 'https');
  const port = properties['rest.advertised.port'];
  return {
    listeners,
    adminListeners,
    tls: isSecure ? readTls(properties) : null,
    authorize: readBasicAuth(properties, environment),
    crossOrigin: readCrossOrigin(properties),
    responseHeaders: readResponseHeaders(properties['response.http.headers.config']),
    advertised: {
      host: properties['rest.advertised.host.name'] || null,
      port: port === undefined || port === '' ? null : Number(port),
      scheme: schemeOf(properties['rest.advertised.listener']),
    },
  };
};
