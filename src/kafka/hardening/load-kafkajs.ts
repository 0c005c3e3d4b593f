import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConnectError } from '../../api/index.ts';
import { awaitRevokeAndAssign } from './await-revoke-and-assign.ts';
import { fetchInSessions } from './fetch-in-sessions.ts';
import { handOverRawBatches } from './hand-over-raw-batches.ts';
import { handOverWholeFrames } from './hand-over-whole-frames.ts';
import { heartbeatApartFromHandlers } from './heartbeat-apart-from-handlers.ts';
import { dropHeldAnswers } from './hold-answers.ts';
import { keepGenerationOnLeaderMove } from './keep-generation-on-leader-move.ts';
import { keepLookingForTheCoordinator } from './keep-looking-for-the-coordinator.ts';
import { leaveWhileJoining } from './leave-while-joining.ts';
import { lookPartitionsUpOnce } from './look-partitions-up-once.ts';
import type { KafkaJsModules, Override, PatchedSource } from './override.ts';
import { createPrivateCopy, readPackage, sourceFile } from './private-copy.ts';
import { reauthenticateShortSessions } from './reauthenticate-short-sessions.ts';
import { restIdleConnections } from './rest-idle-connections.ts';
import { stopWhenOffsetOutOfRange } from './stop-when-offset-out-of-range.ts';

export const kafkaJsVersion = '2.2.4';

/** The one that replaces whole modules comes first, before anything loads them. */
export const overrides: readonly Override[] = [
  handOverRawBatches,
  handOverWholeFrames,
  awaitRevokeAndAssign,
  heartbeatApartFromHandlers,
  fetchInSessions,
  leaveWhileJoining,
  keepGenerationOnLeaderMove,
  keepLookingForTheCoordinator,
  stopWhenOffsetOutOfRange,
  restIdleConnections,
  reauthenticateShortSessions,
  lookPartitionsUpOnce,
  dropHeldAnswers,
];

/** First 16 hex digits of the SHA-256 of the source that an override replaces: a module's file, or a method's text. */
export const sourceHash = (modules: KafkaJsModules, { path, method }: PatchedSource): string => {
  const text =
    method === undefined
      ? readFileSync(sourceFile(path), 'utf8')
      : String(modules.load<{ prototype: Record<string, unknown> }>(path).prototype[method]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
};

const checkVersion = (): void => {
  const { version } = readPackage();
  if (version === kafkaJsVersion) return;
  throw new ConnectError(
    `kafkajs ${version} is installed, but snowsink hardens exactly ${kafkaJsVersion} for exactly-once delivery. Reinstall with the package lock: npm ci`,
  );
};

const checkSources = (modules: KafkaJsModules, override: Override): void => {
  for (const source of override.patches) {
    if (sourceHash(modules, source) === source.sha256) continue;
    throw new ConnectError(
      `kafkajs/src/${source.path}${source.method === undefined ? '' : ` (${source.method})`} is not what kafkajs ${kafkaJsVersion} ships, so the override "${override.name}" cannot be trusted. Reinstall with the package lock: npm ci`,
    );
  }
};

/**
 * A fresh copy of kafkajs with the overrides. Throws a ConnectError when the installed one is not the one that they were proved
 * on. `without` is for the tests that show what an override is there for.
 */
export const createHardenedKafkaJs = (without: readonly string[] = []): KafkaJsModules => {
  checkVersion();
  const modules = createPrivateCopy();
  for (const override of overrides) {
    if (without.includes(override.name)) continue;
    checkSources(modules, override);
    override.install(modules);
  }
  return modules;
};

let shared: KafkaJsModules | null = null;

/** One hardened kafkajs per thread. */
export const loadKafkaJs = (): KafkaJsModules => {
  shared ??= createHardenedKafkaJs();
  return shared;
};
