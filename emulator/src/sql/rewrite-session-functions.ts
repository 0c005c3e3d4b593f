import { storedIdentifier } from '../catalog/identifier.ts';
import { jsonTextOf } from './rewrite-variant.ts';
import type { Session } from './session.ts';
import { call, child, stringNode, type TreeNode } from './syntax-tree.ts';

/** What depends on the session, and functions that the transpiler leaves as they are. */
export const rewriteSessionFunction = (node: TreeNode, session: Session, nowMs: number): TreeNode => {
  const name = child(node, 'function', 'name');
  if (typeof name !== 'string') return node;
  const args = child(node, 'function', 'args');
  const [first] = Array.isArray(args) ? args : [];
  const text = (value: string | null): TreeNode => (value === null ? { null: null } : stringNode(value));
  switch (storedIdentifier(name)) {
    case 'CURRENT_DATABASE':
      return text(session.database);
    case 'CURRENT_SCHEMA':
      return text(session.schema);
    case 'CURRENT_WAREHOUSE':
      return text(session.warehouse);
    case 'CURRENT_ROLE':
      return text(session.role);
    case 'CURRENT_USER':
      return text(session.user);
    case 'CURRENT_ACCOUNT':
      return text('EMULATOR');
    case 'CURRENT_REGION':
      return text('EMULATOR_LOCAL');
    case 'CURRENT_SESSION':
      return text(String(session.id));
    case 'CURRENT_TRANSACTION':
      return text(session.transaction.isOpen ? session.transaction.id : null);
    case 'CURRENT_ACCOUNT_NAME':
    case 'CURRENT_ORGANIZATION_NAME':
      return text('EMULATOR');
    case 'CURRENT_VERSION':
      return text('9.0.0 snowsink-emulator');
    case 'CURRENT_TIMESTAMP':
    case 'GETDATE':
    case 'SYSDATE':
    case 'SYSTIMESTAMP':
    case 'LOCALTIMESTAMP': {
      const type = name.toUpperCase() === 'SYSDATE' ? 'TIMESTAMP' : 'TIMESTAMPTZ';
      return {
        cast: {
          this: stringNode(`${new Date(nowMs).toISOString()}`),
          to: { data_type: 'custom', name: type },
          trailing_comments: [],
          double_colon_syntax: false,
        },
      };
    }
    case 'TRY_PARSE_JSON':
      return {
        try_cast: {
          this: jsonTextOf(first),
          to: { data_type: 'custom', name: 'JSON' },
          trailing_comments: [],
          double_colon_syntax: false,
        },
      };
    case 'TO_VARIANT':
      return call('sf_variant', first);
    case 'TO_VARCHAR':
    case 'TO_CHAR':
      return Array.isArray(args) && args.length === 1 ? call('sf_to_varchar', first) : node;
    default:
      return node;
  }
};
