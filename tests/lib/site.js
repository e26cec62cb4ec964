// The example of a server for production, with a certificate of its own, in front of a stack.
'use strict';

const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { REPOSITORY, canConnect, freePort, replaced } = require('./stack');

const SITE = path.join(REPOSITORY, 'nginx', 'example', 'site.conf');

function makeCertificate(directory) {
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(directory, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
    '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1', '-out', certificate, '-keyout', key],
  { stdio: ['ignore', 'ignore', 'pipe'] });
  return { certificate, key };
}

// Turns HTTP/2 on, in the form that this nginx understands.
function listenLines(port) {
  const [, minor] = /nginx\/1\.(\d+)\./.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr);
  return Number(minor) > 24 ? `listen 127.0.0.1:${port} ssl;\nhttp2 on;`
    : `listen 127.0.0.1:${port} ssl http2;`;
}

// site.conf with this stack's paths and port, and the changes of a test: [pattern, text] pairs. The rest is tested as
// it is.
function siteText(stack, { certificate, key }, changes) {
  return [
    [/^ *listen 443 ssl;/m, listenLines(stack.port)],
    [/^ *listen \[::\]:443.*\n/m, ''],
    [/\/run\/lastsync\/fcgi\.sock/, stack.fcgiSocket],
    [/\/etc\/ssl\/lastsync\/certificate\.pem/, certificate],
    [/\/etc\/ssl\/lastsync\/key\.pem/, key],
    [/\/var\/log\/nginx\/lastsync\.log/, stack.accessLog],
    [/\/usr\/share\/lastsync\/nginx/g, path.join(REPOSITORY, 'nginx')],
    ...changes,
  ].reduce((text, [pattern, value]) => replaced(text, pattern, value), fs.readFileSync(SITE, 'utf8'));
}

// The lines of Debian's nginx.conf around a site, in the stack's directory.
function mainText(stack, site) {
  const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi']
    .map((kind) => `${kind}_temp_path ${path.join(stack.directory, `nginx-${kind}`)};`).join('\n');
  return `${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 2;
daemon off;
pid ${path.join(stack.directory, 'nginx.pid')};
error_log ${path.join(stack.directory, 'nginx-error.log')} error;
events { worker_connections 1024; }
http {
access_log off;
${temporary}
${site}
}
`;
}

// Starts nginx with the example in front of a stack without one. The stack gets `port`, `ca` and
// `accessLog`, and its `nginx` is this one.
async function startSite(stack, changes = []) {
  const { certificate, key } = makeCertificate(stack.directory);
  const file = path.join(stack.directory, 'site-nginx.conf');
  stack.ca = fs.readFileSync(certificate);
  stack.port = await freePort();
  stack.accessLog = path.join(stack.directory, 'access.log');
  fs.writeFileSync(file, mainText(stack, siteText(stack, { certificate, key }, changes)));
  stack.nginx = stack.program('nginx', () => ['nginx', '-p', stack.directory, '-c', file,
    '-e', path.join(stack.directory, 'nginx-error.log')], () => canConnect(stack.port));
  await stack.nginx.start();
}

// One request by TLS, with the certificate verified. `from` is the client's own address, `certificate` its { cert, key }.
function askSite(site, { method = 'GET', path: target = '/', headers = {}, body, from, certificate } = {}) {
  const type = body === undefined ? {} : { 'content-type': 'application/json',
    'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = https.request({ host: '127.0.0.1', servername: 'localhost', port: site.port,
      ca: site.ca, method, path: target, agent: false, localAddress: from, ...certificate,
      headers: { ...type, ...headers } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers,
        protocol: response.socket.getProtocol(), text: Buffer.concat(parts).toString() }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

module.exports = { askSite, startSite };
