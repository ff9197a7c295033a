/** One entry of the activity of a service, as a JSON text. */
interface Kept {
  readonly seq: number;
  readonly trace: string;
  readonly text: string;
}

/** Characters that are kept of all services together, and entries that one answer has at most. */
const KEPT = 8_000_000;
const ANSWERED = 4_000;

/** The last of what the services did: bounded in size, whatever comes. */
export class Ring {
  private readonly kept: Kept[] = [];
  private from = 0;
  private size = 0;
  private count = 0;

  /** The number of the newest entry; they count from 1. */
  get seq(): number {
    return this.count;
  }

  add(entry: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify({ seq: ++this.count, ...entry });
    this.kept.push({ seq: this.count, trace: String(entry.trace ?? ''), text });
    this.size += text.length;
    while (this.size > KEPT) this.size -= this.kept[this.from++]!.text.length;
    if (this.from > 10_000) {
      this.kept.splice(0, this.from);
      this.from = 0;
    }
  }

  /** What came after a number, as texts, the newest where they are too many; and how many were left out. */
  since(seq: number): { entries: readonly string[]; leftOut: number } {
    const first = this.kept[this.from]?.seq ?? this.count + 1;
    const start = Math.max(this.from, this.from + seq + 1 - first, this.kept.length - ANSWERED);
    const entries = this.kept.slice(start).map(({ text }) => text);
    return { entries, leftOut: Math.max(0, this.count - seq - entries.length) };
  }

  /** All of one trace that is still kept. */
  ofTrace(trace: string): readonly string[] {
    return this.kept.slice(this.from).flatMap((one) => (one.trace === trace ? [one.text] : []));
  }
}
