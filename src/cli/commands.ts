import { audit } from './audit.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { conformance } from './conformance.ts';
import { connectDistributed } from './connect-distributed.ts';
import { connectStandalone } from './connect-standalone.ts';
import { dlq } from './dlq.ts';
import { importCommand } from './import.ts';
import { migrate } from './migrate.ts';
import { plan } from './plan.ts';

/** In the order of the help. */
export const commands: readonly Command[] = [
  connectStandalone,
  connectDistributed,
  check,
  plan,
  importCommand,
  migrate,
  dlq,
  audit,
  conformance,
];
