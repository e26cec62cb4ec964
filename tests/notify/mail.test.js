// lastsync notify to a mail server.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { startMailbox } = require('./mailbox');
const { create, report, startCommand, startNotify, writeTargets } = require('./targets');
const { makeCertificate } = require('../lib/certificates');
const { startStack } = require('../lib/stack');
const { until } = require('../lib/until');

const FROM = 'lastsync@example.com';
const QUICK = { group_seconds: 0, window_seconds: 0, timeout_seconds: 5 };

async function withMailbox(t, settings = {}, certificate = undefined) {
  const mailbox = await startMailbox(certificate);
  t.after(() => mailbox.stop());
  const stack = await startStack({ workers: 1, options: ['--events', '1000'] });
  t.after(() => stack.stop());
  const target = { name: 'mail', type: 'email', url: mailbox.url, from: FROM, to: ['ops@example.com'], ...QUICK, ...settings };
  const notify = await startNotify(stack, [target]);
  t.after(() => notify.stop());
  return { mailbox, notify, stack, target };
}

const receivedAll = (mailbox, count) => until(() => mailbox.received.length >= count, `${count} e-mails`);

test('an e-mail tells who began to fail and why, and one that it has recovered', async (t) => {
  const { mailbox, stack } = await withMailbox(t, { to: ['ops@example.com', 'night+shift@example.com'],
    dashboard: 'https://x.example/_lastsync/' });
  await create(stack, 'a');
  await report(stack, 'a', 'error', '401 Unauthorized');
  await receivedAll(mailbox, 1);
  await report(stack, 'a', 'completed');
  await receivedAll(mailbox, 2);
  const [failing, recovered] = mailbox.received;
  assert.deepEqual([failing.from, failing.to], [FROM, ['ops@example.com', 'night+shift@example.com']]);
  assert.equal(failing.subject, 'The a (a) began to fail: 401 Unauthorized');
  assert.equal(failing.text, 'The a (a) began to fail: 401 Unauthorized\r\n\r\nhttps://x.example/_lastsync/?connector=a\r\n');
  assert.equal(failing.headers.from, `lastsync <${FROM}>`);
  assert.equal(failing.headers.to, '<ops@example.com>, <night+shift@example.com>');
  assert.equal(failing.headers['auto-submitted'], 'auto-generated');
  assert.ok(Math.abs(Date.parse(failing.headers.date) - Date.now()) < 60000, failing.headers.date);
  assert.match(failing.headers['message-id'], /^<[0-9a-f]{32}@example\.com>$/);
  assert.notEqual(recovered.headers['message-id'], failing.headers['message-id']);
  assert.equal(recovered.subject, 'The a (a) has recovered');
});

// As Debian's Postfix does: its certificate is made at its installation, for the name of the host.
function certificateOfItsOwn(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-mail-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  makeCertificate(folder, 'mail');
  const [key, cert] = ['mail.key', 'mail.pem'].map((name) => fs.readFileSync(path.join(folder, name)));
  return { key, cert };
}

test('a mail server that offers TLS with a certificate of its own gets e-mails, over TLS', async (t) => {
  const { mailbox, stack } = await withMailbox(t, {}, certificateOfItsOwn(t));
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await receivedAll(mailbox, 1);
  assert.equal(mailbox.received[0].safe, true);
  assert.equal(mailbox.received[0].subject, 'The a (a) began to fail: no');
});

test('no text of a connector becomes a header, and all of it arrives', async (t) => {
  const { mailbox, stack } = await withMailbox(t);
  const error = `Zugriff verweigert: „ü“ ${'ß'.repeat(400)}`;
  await create(stack, 'a', { name: 'Näme\r\nBcc: all@example.com\r\n\r\nbody \u{1f600}' });
  await report(stack, 'a', 'error', error);
  await receivedAll(mailbox, 1);
  const [{ to, headers, subject, text, longest }] = mailbox.received;
  assert.deepEqual(to, ['ops@example.com']);
  assert.equal(headers.bcc, undefined);
  assert.ok(subject.startsWith('Näme  Bcc: all@example.com    body \u{1f600} (a) began to fail'), subject);
  assert.ok(text.includes('body \u{1f600} (a) began to fail: Zugriff verweigert: „ü“ ßß'), text);
  assert.ok(longest <= 78, `${longest} bytes`);
});

test('many at once are one e-mail, whose subject says how many more', async (t) => {
  const { mailbox, stack } = await withMailbox(t, { group_seconds: 5 });
  for (const id of ['a', 'b', 'c']) await create(stack, id);
  for (const [i, id] of ['a', 'b', 'c'].entries()) await report(stack, id, 'error', ['no', 'never', 'nowhere'][i]);
  await receivedAll(mailbox, 1);
  const [{ subject, text }] = mailbox.received;
  assert.equal(subject, 'The a (a) began to fail: no (and 2 more)');
  assert.equal(text.trim().split('\n').length, 3);
});

test('an e-mail that is refused, or that only some would get, is sent again', async (t) => {
  const { mailbox, notify, stack } = await withMailbox(t, { to: ['ops@example.com', 'gone@example.com'] });
  mailbox.answer = (line) => (line.includes('gone@') ? '550 no such mailbox' : null);
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => /mail does not take 1 events: .*RCPT failed: 550/i.test(notify.output()), 'the refusal in the log');
  mailbox.answer = (line) => (line === '.' ? '451 later' : null);
  await until(() => mailbox.lines.filter((line) => line === 'DATA').length > 0, 'another try');
  assert.deepEqual(mailbox.received, []);
  mailbox.answer = () => null;
  await receivedAll(mailbox, 1);
  assert.equal(mailbox.received[0].subject, 'The a (a) began to fail: no');
});

for (const [what, certificateOf, spoken] of [['without TLS', () => undefined, /^(EHLO|HELO|QUIT)/],
  ['to a server of whose certificate nobody knows', certificateOfItsOwn, /^(EHLO|STARTTLS|QUIT)/]]) {
  test(`a password does not go over a connection ${what}`, async (t) => {
    const { mailbox, notify, stack, target } = await withMailbox(t, {}, certificateOf(t));
    await notify.stop();
    const url = mailbox.url.replace('smtp://', 'smtp://user:secret@');
    const { code, stdout, stderr } = await startCommand(['notify', '--test', '--targets', writeTargets(stack, [{ ...target, url }])]).ended;
    assert.equal(code, 1);
    assert.match(stdout, /^mail: not taken$/m);
    assert.doesNotMatch(`${stdout}${stderr}`, /secret/);
    assert.ok(mailbox.lines.some((line) => line.startsWith('EHLO')));
    assert.deepEqual(mailbox.lines.filter((line) => !spoken.test(line)), []);
  });
}

test('what an e-mail lacks, and what is not for one, is refused in words', async (t) => {
  const stack = await startStack({ workers: 1 });
  t.after(() => stack.stop());
  const good = { name: 'mail', type: 'email', url: 'smtp://127.0.0.1', from: FROM, to: ['ops@example.com'] };
  const wrong = [
    [{ url: 'http://127.0.0.1' }, /"url" must begin with smtps:\/\/ or smtp:\/\//],
    [{ from: undefined }, /"from" must be an address/],
    [{ from: 'lastsync' }, /"from" must be an address/],
    [{ from: 'a@b>\r\nBcc: <c@d' }, /"from" must be an address/],
    [{ to: undefined }, /"to" must be an array of 1 to 16 addresses/],
    [{ to: [] }, /"to" must be an array of 1 to 16 addresses/],
    [{ to: Array(17).fill('a@b') }, /"to" must be an array of 1 to 16 addresses/],
    [{ to: 'ops@example.com' }, /"to" must be an array of 1 to 16 addresses/],
    [{ to: ['ops@example.com', 'a@b\nc'] }, /"to" must be an array of addresses/],
    [{ to: [1] }, /"to" must be an array of addresses/],
    [{ secret: 'x' }, /"secret" is for a webhook/],
    [{ type: 'slack', url: 'https://x', to: undefined }, /"from" is for an e-mail/],
    [{ type: 'slack', url: 'https://x', from: undefined }, /"to" is for an e-mail/],
    [{ type: 'fax' }, /"type" must be webhook, slack, alertmanager or email/],
  ];
  for (const [change, sentence] of wrong) {
    const file = writeTargets(stack, [{ ...good, ...change }]);
    const { code, stderr } = await startCommand(['notify', '--test', '--targets', file]).ended;
    assert.equal(code, 78, stderr);
    assert.match(stderr, sentence);
  }
});
