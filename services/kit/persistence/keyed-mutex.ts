/**
 * Work on one key takes turns, in the order in which it came; a turn that fails does not spoil the next.
 * @returns runs `work` when it is its key's turn
 */
export function keyedMutex<K>(): <T>(key: K, work: () => Promise<T>) => Promise<T> {
  const last = new Map<K, Promise<unknown>>();
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work);
    const over = turn
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === over) last.delete(key);
      });
    last.set(key, over);
    return turn;
  };
}

/**
 * Work on one key takes turns; what waits for the same turn is done together. For what many write at the same time.
 * @param work does all items of a turn; it fails or succeeds for all of them
 */
export function batchByKey<K, I, R>(
  work: (key: K, items: readonly I[]) => Promise<R>,
): (key: K, item: I) => Promise<R> {
  const waiting = new Map<K, { items: I[]; done: Promise<R> }>();
  const inTurn = keyedMutex<K>();
  return (key, item) => {
    const next = waiting.get(key);
    if (next) {
      next.items.push(item);
      return next.done;
    }
    const items = [item];
    const done = inTurn(key, () => {
      waiting.delete(key);
      return work(key, items);
    });
    waiting.set(key, { items, done });
    return done;
  };
}
