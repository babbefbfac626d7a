import { onBeforeUnmount, onMounted } from 'vue';

/**
 * Single-key commands of a screen. They stay silent while someone types, while
 * an input method composes, and while a dialog is open.
 */
export function useKeys(commands: Record<string, (event: KeyboardEvent) => void>) {
  function onKey(event: KeyboardEvent) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || dialogOpen()) return;
    const command = commands[event.key];
    if (!command) return;
    event.preventDefault();
    command(event);
  }
  onMounted(() => document.addEventListener('keydown', onKey));
  onBeforeUnmount(() => document.removeEventListener('keydown', onKey));
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input, textarea, select, [role=combobox]') !== null)
  );
}

function dialogOpen(): boolean {
  return [...document.querySelectorAll('.el-overlay')].some(
    (overlay) => (overlay as HTMLElement).style.display !== 'none',
  );
}
