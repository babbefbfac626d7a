import { user } from '@shared/app';
import { ref, watchEffect, type Ref } from 'vue';
import type { LocationQuery } from 'vue-router';

export interface SavedView {
  name: string;
  query: LocationQuery;
}

/** Filters and order a user has given a name, per kind, in this browser. */
export function useSavedViews(kind: Ref<string>) {
  const views = ref<SavedView[]>([]);
  const storeKey = () => `fieldledger.views.${user.value?.id}.${kind.value}`;

  watchEffect(() => {
    try {
      const stored = JSON.parse(localStorage.getItem(storeKey()) ?? '[]') as SavedView[];
      views.value = Array.isArray(stored) ? stored : [];
    } catch {
      views.value = [];
    }
  });

  function store(next: SavedView[]) {
    views.value = next;
    localStorage.setItem(storeKey(), JSON.stringify(next));
  }

  return {
    views,
    /** A view of the same name is replaced. */
    save: (name: string, query: LocationQuery) =>
      store([...views.value.filter((view) => view.name !== name), { name, query }]),
    remove: (name: string) => store(views.value.filter((view) => view.name !== name)),
  };
}
