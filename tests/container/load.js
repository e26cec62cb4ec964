// Reports growing numbers until SIGTERM, then prints the number of answers of each status and the last
// number that was acknowledged: load.js KEY. It runs in the network of a container.
'use strict';

const http = require('node:http');

const agent = new http.Agent({ keepAlive: true });
const statuses = {};
let acknowledged = 0;
let over = false;

function put(target, body) {
  const text = JSON.stringify(body);
  return new Promise((resolve) => {
    const call = http.request({ host: '127.0.0.1', port: 8080, method: 'PUT', path: target, agent, headers: {
      authorization: `ApiKey ${process.argv[2]}`, 'content-type': 'application/json',
      'content-length': text.length } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    call.on('error', (error) => resolve(error.code));
    call.end(text);
  });
}

async function run() {
  await put('/_connector/load', {});
  process.stdout.write('\n');
  for (let count = 1; !over; count++) {
    const status = await put('/_connector/load/_last_sync', { last_indexed_document_count: count });
    statuses[status] = (statuses[status] || 0) + 1;
    if (status === 200) acknowledged = count;
  }
  process.stdout.write(JSON.stringify({ statuses, acknowledged }));
  agent.destroy();
}

process.on('SIGTERM', () => { over = true; });
run();
