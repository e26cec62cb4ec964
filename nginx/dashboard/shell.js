// Things to take away: commands for a terminal, and tables for a spreadsheet.

import { make, setAttribute, setText } from './dom.js';
import { currentKey } from './session.js';

const PATIENCE = 2000;               // milliseconds that "Copied" stays

export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// For redis-cli, whose quotes are not a shell's.
export const quotedInRedis = (text) => (text.includes("'") ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `'${text}'`);

// A button that copies the result of `text`.
export function copyButton(text, label = 'Copy') {
  const button = make('button', { type: 'button', class: 'copy', text: label });
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      setText(button, 'Copied');
    } catch {
      setText(button, 'Not allowed');  // a page without TLS on another host may not copy
    }
    setTimeout(() => setText(button, label), PATIENCE);
  });
  return button;
}

// A request as curl makes it; `path` is below the server's root. The key stays a variable, because
// copied commands end up in histories and chats.
export function curl({ method = 'GET', path, body }) {
  const lines = [`curl -X ${method} ${quoted(new URL(`..${path}`, location.href).href)}`];
  if (currentKey()) lines.push('-H "Authorization: ApiKey $LASTSYNC_KEY"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return lines.join(' \\\n  ');
}

// A button that saves the table that `table` fetches, under the name that `name` gives.
export function exportButton(table, name) {
  const label = 'Export CSV';
  const button = make('button', { type: 'button', class: 'copy export', text: label });
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const address = URL.createObjectURL(new Blob([await table()], { type: 'text/csv' }));
      make('a', { href: address, download: name() }).click();
      setTimeout(() => URL.revokeObjectURL(address), PATIENCE);
      setText(button, 'Exported');
    } catch (error) {
      setText(button, 'Not exported');
      setAttribute(button, 'title', error.message);
    }
    button.disabled = false;
    setTimeout(() => setText(button, label), PATIENCE);
  });
  return button;
}
