/**
 * Leaves out of a list what is not needed for a failure: first halves of it, then ever smaller pieces.
 * @param fails whether it still fails with these alone
 * @param runs tries at most
 */
export async function shrink(
  all: readonly string[],
  fails: (kept: ReadonlySet<string>) => Promise<boolean>,
  runs = 200,
): Promise<readonly string[]> {
  let kept = all;
  let left = runs;
  for (let size = Math.ceil(all.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && left > 0; ) {
      const fewer = kept.filter((_, index) => index < from || index >= from + size);
      left--;
      if (await fails(new Set(fewer))) kept = fewer;
      else from += size;
    }
  }
  return kept;
}
