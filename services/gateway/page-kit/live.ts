import { effect, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { type Answer, ask, token } from './http.ts';

const SOON_MS = 400;
const LATEST_MS = 10_000;
const SLOWER = 1.5;

const all = new Set<Live>();

/** Something was done, so changes are to be expected: everything that is shown is looked at often for a while. */
export const followClosely = (): void => {
  for (const live of all) live.soon();
};

/**
 * What a path answers, followed while it is shown: looked at often while it changes, ever less often while it does not,
 * and not at all while nobody sees the page.
 */
export class Live {
  /** The newest; undefined: not known yet. */
  readonly body = signal<unknown>(undefined);
  /** Why it cannot be read at the moment: what is shown is older. */
  readonly trouble = signal<Answer | undefined>(undefined);
  private etag: string | undefined;
  private text = '';
  private delay = SOON_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private round = 0;

  constructor(private readonly path: string) {}

  /** @returns what ends it */
  follow(): () => void {
    all.add(this);
    const onSight = (): void => {
      if (!document.hidden) this.soon();
    };
    document.addEventListener('visibilitychange', onSight);
    const endOfToken = effect(() => {
      token.value;
      this.soon();
    });
    return () => {
      all.delete(this);
      document.removeEventListener('visibilitychange', onSight);
      endOfToken();
      this.round++;
      clearTimeout(this.timer);
    };
  }

  /** Looks now, and often from now on. */
  soon(): void {
    this.delay = SOON_MS;
    clearTimeout(this.timer);
    void this.look(++this.round);
  }

  private async look(round: number): Promise<void> {
    if (document.hidden) return;
    const answer = await ask('GET', this.path, { etag: this.etag });
    // Another look was begun meanwhile, or nobody is interested any more.
    if (round !== this.round) return;
    const isChanged = this.take(answer);
    this.delay = isChanged ? SOON_MS : Math.min(LATEST_MS, this.delay * SLOWER);
    this.timer = setTimeout(() => void this.look(round), Math.max(this.delay, (answer.retryAfter ?? 0) * 1_000));
  }

  private take(answer: Answer): boolean {
    const { status, body, etag } = answer;
    this.trouble.value = status === 200 || status === 304 ? undefined : answer;
    if (status !== 200) return false;
    this.etag = etag;
    const text = JSON.stringify(body);
    if (text === this.text) return false;
    this.text = text;
    this.body.value = body;
    return true;
  }
}

/** Follows a path as long as the component is there. */
export function useLive(path: string): Live {
  const live = useMemo(() => new Live(path), [path]);
  useEffect(() => live.follow(), [live]);
  return live;
}
