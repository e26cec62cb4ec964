// Runs a command of lastsync, or another program.
'use strict';

const path = require('node:path');
const { spawn } = require('node:child_process');
const { BUILD } = require('./stack');

// Starts it: { child, ended }; `ended` resolves with { code, signal, stdout, stderr }.
function startCommand(words, input, { program = path.join(BUILD, 'lastsync'), environment = {} } = {}) {
  const child = spawn(program, words, { env: { ...process.env, ...environment } });
  const output = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => output[name].push(data));
  child.stdin.on('error', () => {}); // it may end before it has read all
  child.stdin.end(input);
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal,
      stdout: Buffer.concat(output.stdout).toString(),
      stderr: Buffer.concat(output.stderr).toString() }));
  });
  return { child, ended };
}

module.exports = { startCommand };
