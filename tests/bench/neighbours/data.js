// Writes the neighbours' data by HTTP, so that it does not depend on the schema.
//
//   node data.js PORT SET CONNECTORS     (SET: listed, searched or large)
//
// Each set has the connectors of the reporters, which are the first ones.
'use strict';

const { Client } = require('../client');
const { apiRequest, connectorId, jsonRequest } = require('../requests');

const REPORTERS = 8;
const CONNECTORS_OF_EACH = 5;
const REPORTED = REPORTERS * CONNECTORS_OF_EACH;

const WRITERS = 16; // clients that write at once

// An overview of these is as long as one can be: they fail, and have a history.
const FAILING = 1000;
const HISTORY = 50;
const ERROR = 'HTTPError: 401 Client Error: Unauthorized for url: https://tenant.example.com/api/v3/search. ';

// With the reporters' connectors a hundred, so that a list of that size has all. A text and its request stay below the
// body limit.
const LARGE_DOCUMENTS = 60;
const LARGE_TEXT = 'x'.repeat(1000000);

// Sends request(0) to request(count - 1) by several clients, not in order. Rejects at a refusal.
function sendAll(port, count, request) {
  let sent = 0;
  const next = () => (sent < count ? request(sent++) : undefined);
  const one = () => new Promise((resolve, reject) => {
    const taken = ({ status, text }) => {
      if (!(status >= 200 && status < 300)) reject(new Error(`not written: ${text || 'no answer'}`));
    };
    new Client(port, { next, taken, ended: resolve });
  });
  return Promise.all(Array.from({ length: WRITERS }, one));
}

function createConnectors(port, count) {
  return sendAll(port, count, (number) => jsonRequest('PUT', `/_connector/${connectorId(number)}`, {
    index_name: `search-${number}`, name: `Connector ${number}`, service_type: 'google_drive',
  }));
}

// Each of the last connectors reports failed syncs, one after the other.
async function failOften(port, connectors) {
  for (let i = 0; i < HISTORY; i++) {
    const time = new Date(Date.now() - (HISTORY - i) * 60000).toISOString();
    const fields = { last_sync_status: 'error', last_sync_error: `${ERROR.repeat(2)}Try ${i}.`,
      last_synced: time, last_indexed_document_count: 1000 + i };
    await sendAll(port, FAILING, (number) => apiRequest(connectorId(connectors - 1 - number), fields));
  }
}

async function fillListed(port, connectors) {
  if (connectors < REPORTED + FAILING) throw new Error(`less than ${REPORTED + FAILING} connectors`);
  await createConnectors(port, connectors);
  await failOften(port, connectors);
}

// They fail, and never succeeded, so that an overview begins with them.
async function fillLarge(port) {
  const path = (number) => `/_connector/large-${number}`;
  const send = (request) => sendAll(port, LARGE_DOCUMENTS, request);
  await createConnectors(port, REPORTED);
  await send((number) => jsonRequest('PUT', path(number), { name: LARGE_TEXT }));
  await send((number) => jsonRequest('PUT', `${path(number)}/_error`, { error: LARGE_TEXT }));
  await send((number) => jsonRequest('PUT', `${path(number)}/_last_sync`,
    { last_sync_status: 'error', last_sync_error: LARGE_TEXT }));
}

const FILLS = { listed: fillListed, searched: createConnectors, large: fillLarge };

async function main([port, set, connectors]) {
  await FILLS[set](Number(port), Number(connectors));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message.slice(0, 1000));
    process.exit(1);
  });
}

module.exports = { CONNECTORS_OF_EACH, LARGE_DOCUMENTS, REPORTERS };
