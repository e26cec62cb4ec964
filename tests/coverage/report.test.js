// The report of lines that run, tried on a program of a few lines.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { after, test } = require('node:test');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-coverage-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const SOURCE = `#include <stdlib.h>
static int half(int number)
{
    if (number < 0)
        abort();
    if (number > 100)
        return 50;
    return number / 2;
}
int main(int count, char **words)
{
    (void)words;
    return half(count) > 5;
}
`;

// Compiles the source, runs it with these words, if any, and gives the report.
function reportOn(name, words, source = SOURCE) {
  const place = path.join(folder, name);
  fs.mkdirSync(path.join(place, 'cgi'), { recursive: true });
  fs.mkdirSync(path.join(place, 'build', 'cgi'), { recursive: true });
  fs.writeFileSync(path.join(place, 'cgi', 'half.c'), source);
  const run = (...command) => execFileSync(command[0], command.slice(1), { cwd: place });
  run('gcc', '--coverage', '-O0', '-c', '-o', 'build/cgi/half.o', 'cgi/half.c');
  run('gcc', '--coverage', '-o', 'build/half', 'build/cgi/half.o');
  if (words) run('build/half', ...words);
  return spawnSync(process.execPath, [path.join(__dirname, 'report.js')],
    { cwd: place, env: { ...process.env, BUILD: 'build' }, encoding: 'utf8' });
}

test('lines that have not run are listed with the reason, and too small a share of lines fails', () => {
  const { status, stdout } = reportOn('some', ['a']);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^ *\d+\.\d % of lines, .* % of branches {2}cgi\/half\.c$/m);
  assert.match(stdout, /^1 lines have not run: the system refuses memory.*\n {4}cgi\/half\.c: 5$/m);
  assert.match(stdout, /^1 lines have not run: no test that is counted here reaches them\n {4}cgi\/half\.c: 7$/m);
  assert.match(stdout, /^7\d\.\d % of \d+ lines, of which 95 % are promised$/m);
});

test('all lines have run: none is listed, and the report succeeds', () => {
  const { status, stdout } = reportOn('all', ['a'], SOURCE.replace(/ {4}if \(number < 0\)\n.*\n.*\n.*\n/, ''));
  assert.equal(status, 0, stdout);
  assert.doesNotMatch(stdout, /have not run/);
});

test('nothing has run', () => {
  const { status, stdout } = reportOn('none', null);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^0\.0 % of \d+ lines, of which 95 % are promised$/m);
});
