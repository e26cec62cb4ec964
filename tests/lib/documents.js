// The documents: a README at the root, and one beside each part of the project.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { REPOSITORY } = require('./stack');

const DOCUMENTS = ['README.md', 'cgi/README.md', 'cgi/api/README.md', 'cgi/store/README.md',
  'nginx/README.md', 'nginx/THREATS.md', 'nginx/dashboard/README.md', 'tests/README.md', 'tests/CONTRACT.md', 'tests/RECORD.md'];

const readDocument = (name) => fs.readFileSync(path.join(REPOSITORY, name), 'utf8');

// The section of a document below a heading, up to the next one of the same level or a higher one.
function sectionOf(name, heading) {
  const text = readDocument(name);
  const [marks] = /^#+/.exec(heading);
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`${name} has no ${heading}`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.replace(/^```[^]*?^```$/gm, (block) => '.'.repeat(block.length))
    .search(new RegExp(`^#{1,${marks.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

// The blocks of code in a text: [{ language, text }].
function blocksOf(text) {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .map(([, language, code]) => ({ language, text: code }));
}

module.exports = { DOCUMENTS, readDocument, sectionOf, blocksOf };
