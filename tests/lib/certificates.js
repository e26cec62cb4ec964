// Certificates that tests make, with openssl.
'use strict';

const path = require('node:path');
const { execFileSync } = require('node:child_process');

function openssl(...words) {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

// NAME.pem and NAME.key in the folder, signed by AUTHORITY, or by itself if that is not given.
function makeCertificate(folder, name, { authority = name, names, more = [] } = {}) {
  const file = (of) => path.join(folder, of);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file(`${name}.key`)];
  const signed = authority === name ? [] : ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`)];
  const extension = names ? ['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=CA:FALSE'] : [];
  openssl('req', '-x509', ...key, ...signed, ...extension, ...(more.length ? more : ['-days', '2']), '-subj', `/CN=${name}`,
    '-out', file(`${name}.pem`));
}

module.exports = { makeCertificate };
