import { Api } from '@core/api';
import { asApiError } from '@core/error';
import { Live, type LiveState, type RecordPoke } from '@core/live';
import { Session, type SignedInUser } from '@core/session';
import { onScopeDispose, ref, shallowRef } from 'vue';
import { Schema } from './schema';

/** What every screen of a signed-in app shares: who, the schema, the server. */

export const user = shallowRef<SignedInUser | null>(null);
export const schema = shallowRef<Schema | null>(null);
export const liveState = ref<LiveState>('connecting');

export const session = new Session(() => leave());
export const api = new Api(session);

const followers = new Set<(poke: RecordPoke | null) => void>();
let live: Live | null = null;
let onLeave = () => {};

/** @param leaving called when the session has ended, to show the sign-in page. */
export function whenSignedOut(leaving: () => void) {
  onLeave = leaving;
}

export async function signIn(name: string, password: string, totp?: string) {
  await session.signIn(name, password, totp);
  await enter();
}

/** Continues the session of an earlier visit; false when there is none. */
export async function resume(): Promise<boolean> {
  if (schema.value && user.value) return true;
  if (!session.known) return false;
  try {
    await session.token();
    await enter();
    return true;
  } catch (error) {
    // Without a network the session may well be good; only a refusal ends it.
    if ([401, 403].includes(asApiError(error).status)) return false;
    throw error;
  }
}

export async function signOut() {
  await session.signOut();
  leave();
}

async function enter() {
  schema.value = new Schema(await api.reference());
  user.value = session.user;
  live?.stop();
  const follow = (state: LiveState) => {
    liveState.value = state;
    // Whatever was missed while the stream was down is read again.
    if (state === 'live') {
      tell(null);
      void refreshSchema();
    }
  };
  live = new Live(api, tell, follow, () => void refreshSchema());
  live.start();
}

/** Takes over code lists and settings that were edited since. */
export async function refreshSchema() {
  const known = schema.value?.reference.version;
  try {
    const next = await api.reference(known);
    if (next.changed && next.version !== known) schema.value = new Schema(next);
  } catch {
    // The schema at hand stays usable; the next reconnect asks again.
  }
}

function leave() {
  live?.stop();
  live = null;
  user.value = null;
  schema.value = null;
  onLeave();
}

function tell(poke: RecordPoke | null) {
  for (const follower of followers) follower(poke);
}

/** Calls back for each changed record, and with null when changes may have been missed. */
export function useRecordPokes(follower: (poke: RecordPoke | null) => void) {
  followers.add(follower);
  onScopeDispose(() => followers.delete(follower));
}

/** The schema on screens that exist only while signed in. */
export function currentSchema(): Schema {
  if (!schema.value) throw new Error('no schema before sign-in');
  return schema.value;
}
