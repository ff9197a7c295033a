import { render } from 'preact';
import { Shell } from './shell.tsx';
import { begin } from './store.ts';

const place = document.getElementById('console');
if (place) render(<Shell />, place);
void begin();
