// A mail server for tests: a real one on a port, which takes e-mails, or refuses them as a test wishes.
'use strict';

const net = require('node:net');
const tls = require('node:tls');

// RFC 2047, as far as the subject has it.
const decodeWords = (text) => text.replace(/=\?UTF-8\?B\?([^?]*)\?=\s*/g, (word, base64) => Buffer.from(base64, 'base64').toString('latin1'));

function parse(lines) {
  const end = lines.indexOf('');
  const head = lines.slice(0, end).join('\n').replace(/\n[ \t]+/g, ' ');
  const headers = Object.fromEntries(head.split('\n').map((line) => {
    const [, name, value] = /^([\w-]+): ?(.*)$/.exec(line);
    return [name.toLowerCase(), value];
  }));
  const subject = Buffer.from(decodeWords(headers.subject), 'latin1').toString();
  return { headers, subject, longest: Math.max(...lines.map((line) => line.length)),
    text: Buffer.from(lines.slice(end + 1).join(''), 'base64').toString() };
}

// `mailbox.answer(line)` may give another answer to a line than the one that takes it. The e-mails that were taken
// are in `received`, as { from, to, headers, subject, text, longest, safe }. With a `certificate`, { key, cert }, it
// offers STARTTLS.
async function startMailbox(certificate) {
  const mailbox = { received: [], lines: [], answer: () => null };
  const sockets = new Set();
  const server = net.createServer((plain) => {
    let [socket, rest, data, mail] = [plain, '', null, null];
    const take = (line) => {
      if (data) {
        if (line !== '.') {
          data.push(line.replace(/^\./, ''));
          return '';
        }
        const answer = mailbox.answer('.') || '250 taken';
        if (answer.startsWith('2')) mailbox.received.push({ ...mail, ...parse(data), safe: socket !== plain });
        data = null;
        return answer;
      }
      mailbox.lines.push(line);
      const answer = mailbox.answer(line);
      if (answer) return answer;
      const [, from] = /^MAIL FROM:<(.*?)>/.exec(line) || [];
      const [, to] = /^RCPT TO:<(.*?)>/.exec(line) || [];
      if (from) mail = { from, to: [] };
      if (to) mail.to.push(to);
      if (line === 'DATA') data = [];
      if (certificate && /^EHLO/.test(line)) return '250-mail.example\r\n250 STARTTLS';
      if (certificate && line === 'STARTTLS') return '220 go on';
      return line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 good';
    };
    sockets.add(plain);
    plain.on('close', () => sockets.delete(plain));
    const listen = () => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        rest += bytes.toString('latin1');
        for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
          const line = rest.slice(0, at);
          const answer = take(line);
          rest = rest.slice(at + 2);
          if (answer) socket.write(`${answer}\r\n`);
          if (certificate && line === 'STARTTLS') {
            plain.removeAllListeners('data');
            socket = new tls.TLSSocket(plain, { isServer: true, ...certificate });
            listen();
          }
        }
      });
    };
    listen();
    plain.write('220 mail.example\r\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  mailbox.url = `smtp://127.0.0.1:${server.address().port}`;
  mailbox.stop = () => new Promise((resolve) => {
    server.close(resolve);
    for (const socket of sockets) socket.destroy();
  });
  return mailbox;
}

module.exports = { startMailbox };
