import './base.css';
import './frame.css';
import './parts.css';
import './table.css';

/** What the pages of the systems are made of. */
export { Command } from './command.ts';
export { Choice, Field, Form, type Values } from './form.tsx';
export { rowsIn } from './http.ts';
export { count, textsOf, time, won } from './i18n.ts';
export { kept } from './kept.ts';
export { type Live, useLive } from './live.ts';
export { Act, Outcome, Processing, Status } from './outcome.tsx';
export { goTo, startPage } from './page.tsx';
export { Table } from './table.tsx';
export { say } from './texts.ts';
