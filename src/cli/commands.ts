import type { Commands } from './command.ts';

/** In the order of the help. */
export const commands: Commands = {
  'connect-standalone': async () => (await import('./connect-standalone.ts')).connectStandalone,
  'connect-distributed': async () => (await import('./connect-distributed.ts')).connectDistributed,
  check: async () => (await import('./check.ts')).check,
  plan: async () => (await import('./plan.ts')).plan,
  import: async () => (await import('./import.ts')).importCommand,
  migrate: async () => (await import('./migrate.ts')).migrate,
  dlq: async () => (await import('./dlq.ts')).dlq,
  audit: async () => (await import('./audit.ts')).audit,
  conformance: async () => (await import('./conformance.ts')).conformance,
};
