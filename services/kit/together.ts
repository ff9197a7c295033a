/**
 * Work on one key takes turns; what waits for the same turn is done together. For what many write at the same time.
 * @param work does all items of a turn; it fails or succeeds for all of them
 */
export function together<K, I>(
  work: (key: K, items: readonly I[]) => Promise<void>,
): (key: K, item: I) => Promise<void> {
  const waiting = new Map<K, { items: I[]; done: Promise<void> }>();
  const running = new Map<K, Promise<void>>();
  return (key, item) => {
    const next = waiting.get(key);
    if (next) {
      next.items.push(item);
      return next.done;
    }
    const items = [item];
    const done = (running.get(key) ?? Promise.resolve()).then(() => {
      waiting.delete(key);
      return work(key, items);
    });
    waiting.set(key, { items, done });
    const over: Promise<void> = done
      .catch(() => undefined)
      .then(() => {
        if (running.get(key) === over) running.delete(key);
      });
    running.set(key, over);
    return done;
  };
}
