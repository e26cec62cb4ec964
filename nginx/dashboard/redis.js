// The keys in Redis that hold a connector, each as a command to copy.

import { make } from './dom.js';
import { copyButton, quotedInRedis } from './shell.js';

// Encodes an id as lastsync does in keys: it must fit into a hash tag, and have no control bytes.
function inKey(text) {
  return text.replace(/[{}%\u0000-\u001f\u007f]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function commandRow(what, command) {
  const code = make('code', { text: command });
  return make('div', {}, make('dt', { text: what }),
    make('dd', {}, code, copyButton(() => code.textContent)));
}

export class RedisKeys {
  constructor(id) {
    this.key = `connector:{${inKey(id)}}`;
    this.rows = make('dl', { class: 'keys' });
    this.node = make('section', { class: 'panel' }, make('h2', { text: 'In Redis' }), this.rows,
      make('p', { class: 'hint', text: 'If lastsync has a key prefix, it stands before each; so does the tag of a shard.' }));
  }

  update(index) {
    if (this.index === index) return;
    this.index = index;
    const rows = [commandRow('All fields, a hash', `HGETALL ${quotedInRedis(this.key)}`),
      commandRow('Its past syncs, a stream', `XREVRANGE ${quotedInRedis(`${this.key}:syncs`)} + - COUNT 20`)];
    if (index) {
      const key = `index_name:{${inKey(index)}}`;
      rows.push(commandRow('Who holds its index', `GET ${quotedInRedis(key)}`));
    }
    this.rows.replaceChildren(...rows);
  }
}
