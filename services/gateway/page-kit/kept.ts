import { effect, type Signal, signal } from '@preact/signals';

/** A choice of the person that is still there after a reload; where the browser keeps nothing, until then. */
export function kept(name: string, otherwise: string, store: () => Storage = () => localStorage): Signal<string> {
  const key = `madang ${location.pathname} ${name}`;
  const value = signal(otherwise);
  try {
    const storage = store();
    value.value = storage.getItem(key) ?? otherwise;
    effect(() => storage.setItem(key, value.value));
  } catch {
    // A browser may forbid storage; the page works without.
  }
  return value;
}
