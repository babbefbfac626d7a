import { ref } from 'vue';

/** Which groups of the menu are folded open, remembered in this browser. */

const STORE_KEY = 'fieldledger.nav';

/** The groups open until someone folds one: enough to see what the menu is about. */
const FIRST_OPEN = 2;

function remembered(): string[] | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORE_KEY) ?? 'null');
    return Array.isArray(stored) ? stored.map(String) : null;
  } catch {
    return null;
  }
}

// One state for the side bar and the drawer of narrow screens.
const chosen = ref<string[] | null>(remembered());

/** @param areas all groups in their order; @param here the one that the page shown belongs to. */
export function openGroups(areas: string[], here: string | undefined): Set<string> {
  return new Set([...(chosen.value ?? areas.slice(0, FIRST_OPEN)), ...(here ? [here] : [])]);
}

export function toggleGroup(area: string, areas: string[]) {
  const open = new Set(chosen.value ?? areas.slice(0, FIRST_OPEN));
  if (!open.delete(area)) open.add(area);
  chosen.value = areas.filter((each) => open.has(each));
  localStorage.setItem(STORE_KEY, JSON.stringify(chosen.value));
}
