// Sends reports over TLS from twelve clients on kept connections until SIGTERM, then prints the number
// of answers of each kind: load.js CERTIFICATE KEY. It runs in the network of a container.
'use strict';

const fs = require('node:fs');
const https = require('node:https');

const agent = new https.Agent({ keepAlive: true });
const ca = fs.readFileSync(process.argv[2]);
const authorization = `ApiKey ${process.argv[3]}`;
const answers = {};
let over = false;
let sent = 0;

function report() {
  sent += 1;
  const body = `{"last_indexed_document_count":${sent}}`;
  return new Promise((resolve) => {
    const done = (what) => {
      answers[what] = (answers[what] || 0) + 1;
      resolve();
    };
    const call = https.request({ host: '127.0.0.1', port: 443, servername: 'lastsync.example.com', ca,
      agent, method: 'PUT', path: '/_connector/my-connector/_last_sync',
      headers: { authorization, 'content-type': 'application/json', 'content-length': body.length },
    }, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => done(response.statusCode === 200 ? 200
        : `${response.statusCode} ${text}`));
    });
    call.on('error', (error) => done(error.code));
    call.end(body);
  });
}

async function client() {
  while (!over) await report();
}

process.on('SIGTERM', () => { over = true; });
Promise.all(Array.from({ length: 12 }, client)).then(() => {
  process.stdout.write(JSON.stringify(answers));
  agent.destroy();
});
process.stdout.write('\n');
