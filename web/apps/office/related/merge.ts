import type { KindSchema } from '@shared/schema';

/** The field by which a record names the one that it was merged into. */
export const MERGED_INTO = 'merged_into';

/** Whether two records of the kind can be made one, by this person. */
export function mayMerge(kind: KindSchema, role: string | undefined): boolean {
  const field = kind.fields.find(({ key }) => key === MERGED_INTO);
  return role !== undefined && role !== 'engineer' && field?.ref === kind.key;
}
