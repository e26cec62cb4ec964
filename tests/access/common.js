// Shared by the tests of access control: the forms of refusals.
'use strict';

const assert = require('node:assert/strict');

const CHALLENGES = ['Basic realm="security", charset="UTF-8"', 'ApiKey'];
const REPORT = { last_sync_status: 'completed', last_indexed_document_count: 7 };

function headerValues(answer, name) {
  const { rawHeaders } = answer;
  const pairs = Array.isArray(rawHeaders[0]) ? rawHeaders
    : rawHeaders.flatMap((_, i) => (i % 2 ? [] : [[rawHeaders[i], rawHeaders[i + 1]]]));
  return pairs.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

// A 401 in Elasticsearch's form; `detail` is its text on a key.
function assertStranger(answer, reason, detail, challenges = CHALLENGES) {
  assert.equal(answer.status, 401, answer.text);
  const cause = { type: 'security_exception', reason,
    ...(detail && { additional_unsuccessful_credentials: detail }),
    header: { 'WWW-Authenticate': challenges } };
  assert.deepEqual(answer.json, { error: { root_cause: [cause], ...cause }, status: 401 });
  assert.deepEqual(headerValues(answer, 'www-authenticate'), challenges);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['x-elastic-product'], undefined);
}

const missing = (target) => `missing authentication credentials for REST request [${target}]`;
const WRONG = 'unable to authenticate with provided credentials and anonymous access is not ' +
  'allowed for this request';

function assertForbidden(answer, reason) {
  assert.equal(answer.status, 403, answer.text);
  const cause = { type: 'security_exception', reason: answer.json.error.reason };
  assert.deepEqual(answer.json, { error: { root_cause: [cause], ...cause }, status: 403 });
  if (reason) assert.equal(cause.reason, reason);
  assert.deepEqual(headerValues(answer, 'www-authenticate'), []);
  assert.equal(answer.headers['x-elastic-product'], undefined);
}

module.exports = { CHALLENGES, REPORT, WRONG, assertForbidden, assertStranger, headerValues, missing };
