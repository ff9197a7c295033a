import { signal } from '@preact/signals';

/** The address at hand: every screen, and every filter of it, has one. */
export const address = signal(new URL(location.href));

/** Goes to an address of the console. `replace`: without an entry in the history, as for filters. */
export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  address.value = new URL(location.href);
  if (!replace) window.scrollTo(0, 0);
}

/** Sets a filter in the address; an empty one goes away. */
export function setFilter(name: string, value: string): void {
  const to = new URL(address.value);
  if (value) to.searchParams.set(name, value);
  else to.searchParams.delete(name);
  go(`${to.pathname}${to.search}`, true);
}

export const filter = (name: string): string => address.value.searchParams.get(name) ?? '';

window.addEventListener('popstate', () => {
  address.value = new URL(location.href);
});

/** Links of the page stay in it; files do not. */
document.addEventListener('click', (event) => {
  const link = (event.target as Element | null)?.closest('a');
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.download)
    return;
  if (new URL(link.href).origin !== location.origin) return;
  event.preventDefault();
  go(link.href);
});
