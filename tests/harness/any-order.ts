import fc from 'fast-check';

/**
 * Shows that a read model comes to the same content whatever order its events come in, however often, and however late.
 * @param contentAfter the content after these events
 */
export function sameInAnyOrder<E>(events: readonly E[], contentAfter: (events: readonly E[]) => unknown): void {
  const expected = contentAfter(events);
  const repeated = fc.array(fc.integer({ min: 0, max: events.length - 1 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), repeated, (shuffled, indices) => {
      const again = indices.map((index) => events[index]!);
      expect(contentAfter([...shuffled, ...again])).toEqual(expected);
      expect(contentAfter([...again, ...shuffled])).toEqual(expected);
    }),
  );
}
