// Things to take away: commands for a terminal, tables for a spreadsheet, and JSON.

import { isIdle, make, setAttribute, setIdle, setText } from './dom.js';
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

function saveAs(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), PATIENCE);
}

// A button that saves the text that `fetchText` gives, under the name that `name` gives. While it waits for the text
// it does nothing else.
function saveButton({ label, type, className, fetchText, name }) {
  const button = make('button', { type: 'button', class: className, text: label });
  button.addEventListener('click', async () => {
    if (isIdle(button)) return;
    setIdle(button, true);
    let fault = null;
    try {
      saveAs(name(), await fetchText(), type);
    } catch (error) {
      fault = error.message;
    }
    setIdle(button, false);
    setAttribute(button, 'title', fault);
    setText(button, fault === null ? 'Saved' : 'Not saved');
    setTimeout(() => setText(button, label), PATIENCE);
  });
  return button;
}

export const exportButton = (fetchText, name) => saveButton({ label: 'Export CSV', type: 'text/csv',
  className: 'copy export', fetchText, name });

export const jsonButton = (fetchText, name) => saveButton({ label: 'As JSON', type: 'application/json',
  className: 'copy', fetchText, name });
