// The official Elasticsearch clients, and the helpers of their tests.
'use strict';

const assert = require('node:assert/strict');
const { describe } = require('node:test');

const CLIENTS = [
  { name: 'elasticsearch-8', major: 8 },
  { name: 'elasticsearch-9', major: 9 },
];

// Runs the same tests for each client.
function describeClients(testClient) {
  for (const client of CLIENTS) {
    describe(`${client.name} on Node ${process.versions.node}`, () => testClient(client));
  }
}

// Pseudorandom numbers from 0 to below `limit`, by a seed.
function dice(seed) {
  let state = seed;
  return (limit) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % limit;
  };
}

// A reply to HGETALL as an object, because Redis keeps no order.
function fields(pairs) {
  const object = {};
  for (let i = 0; i < pairs.length; i += 2) object[pairs[i]] = pairs[i + 1];
  return object;
}

// The rejection of a failed call: { statusCode, body, headers } of the client's ResponseError.
async function failure(call) {
  try {
    await call;
  } catch (error) {
    assert.equal(error.name, 'ResponseError', String(error));
    return error.meta;
  }
  throw new assert.AssertionError({ message: 'the call should have failed' });
}

function notFound(id) {
  const cause = { type: 'resource_not_found_exception', reason: `connector [${id}] not found` };
  return { error: { root_cause: [cause], ...cause }, status: 404 };
}

function badRequest(type, reason, causedBy) {
  const error = { root_cause: [{ type, reason }], type, reason };
  if (causedBy) error.caused_by = causedBy;
  return { error, status: 400 };
}

module.exports = { badRequest, describeClients, dice, failure, fields, notFound };
