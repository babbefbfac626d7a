import type { Past } from '@core/admin';
import { asApiError, type ApiError } from '@core/error';
import { api, refreshSchema } from '@shared/app';
import { t } from '@shared/i18n';
import { ElMessage } from 'element-plus';
import { computed, ref, shallowRef, type Ref } from 'vue';

/** What reference data of every sort has: which version it is, and who made which. */
interface Versioned {
  version: number;
  history: Past[];
}

/**
 * Reference data at a path of `/admin`, fetched and edited as a whole. `drafted` takes out of it what a form edits;
 * `sent` makes of that what is sent back, and is how one sees whether anything is changed. The version goes along, so
 * that nobody overwrites what somebody else saved meanwhile.
 */
export function useEditing<D extends Versioned, F>(
  path: string,
  drafted: (detail: D) => F,
  sent: (draft: F) => object,
) {
  const detail = shallowRef<D | null>(null);
  const draft = ref() as Ref<F>;
  const saving = ref(false);
  const failure = shallowRef<ApiError | null>(null);
  const same = (a: F, b: F) => JSON.stringify(sent(a)) === JSON.stringify(sent(b));
  const changed = computed(
    () => detail.value !== null && !same(draft.value, drafted(detail.value)),
  );

  function take(next: D) {
    draft.value = drafted(next);
    detail.value = next;
    failure.value = null;
  }

  async function load() {
    try {
      take(await api.admin<D>(path));
    } catch (error) {
      failure.value = asApiError(error);
    }
  }

  /** Whether it was saved. */
  async function save(): Promise<boolean> {
    if (!detail.value) return false;
    saving.value = true;
    failure.value = null;
    try {
      const body = { version: detail.value.version, ...sent(draft.value) };
      take(await api.putAdmin<D>(path, body));
    } catch (error) {
      failure.value = asApiError(error);
      return false;
    } finally {
      saving.value = false;
    }
    ElMessage.success(t('record.saved'));
    void refreshSchema();
    return true;
  }

  void load();
  return { detail, draft, changed, saving, failure, load, save };
}
