import type { ErrorParams } from './error';

/** What a page asks the worker to do. */
export type Call =
  | { id: number; do: 'open'; pkg: string; name: string }
  | { id: number; do: 'sync' }
  | { id: number; do: 'sign_in'; args: [string, string, string, string?] }
  | { id: number; do: 'call'; method: PlainMethod; args: unknown[] };

/** What the worker answers. After `trap` it answers nothing more. */
export type Answer =
  | { id: number; value: unknown }
  | { id: number; refused: { code: string; params: ErrorParams } }
  | { trap: string };

/** Methods of the core that need no network. */
export const PLAIN_METHODS = [
  'status',
  'sign_out',
  'list',
  'deadlines',
  'deadlines_of',
  'find',
  'show',
  'rights',
  'conflicts',
  'history',
  'create',
  'edit',
  'event',
  'outbox',
  'discard_refused',
  'reference',
] as const;

export type PlainMethod = (typeof PLAIN_METHODS)[number];
