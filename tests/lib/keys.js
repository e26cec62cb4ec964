// Keys of access control for tests, made with `lastsync key` as users make them.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { BUILD } = require('./stack');

// Runs `lastsync key ...` against the stack's Redis: { code, stdout, stderr }.
function keyCommand(stack, ...words) {
  const line = ['key', ...words, ...stack.storeOptions];
  return new Promise((resolve) => {
    execFile(path.join(BUILD, 'lastsync'), line, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

// The value of an Authorization header.
function encode(id, secret, { scheme = 'ApiKey', padded = true } = {}) {
  const text = Buffer.from(`${id}:${secret}`).toString('base64');
  return `${scheme} ${padded ? text : text.replace(/=+$/, '')}`;
}

// Makes a key: what the command prints as JSON, and `headers` that show it.
async function createKey(stack, role, ...options) {
  const made = await keyCommand(stack, 'create', '--json', '--role', role, ...options);
  assert.equal(made.code, 0, made.stderr);
  const key = JSON.parse(made.stdout);
  return { ...key, headers: { authorization: `ApiKey ${key.encoded}` } };
}

const createReporter = (stack, connectors, ...options) =>
  createKey(stack, 'report_connector', '--connectors', connectors, ...options);

async function revokeKey(stack, id) {
  const revoked = await keyCommand(stack, 'revoke', id);
  assert.equal(revoked.code, 0, revoked.stderr);
}

module.exports = { createKey, createReporter, encode, keyCommand, revokeKey };
