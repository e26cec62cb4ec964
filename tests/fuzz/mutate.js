// Mutates byte strings, by a seed: the same seed gives the same mutants.
'use strict';

// Bytes that parsers stumble over.
const PIECES = ['\0', '\r\n', '\r\n\r\n', '\n', '%00', '%2F', '%2e%2e', '..', '//', '?', '#', '&', '=', '"', '\\', '\\u0000',
  '\\ud800', '\xff', '\xc0\xaf', '\xef\xbb\xbf', '{', '}', '[', ']', ',', ':', 'null', '-0', '1e999', '99999999999999999999',
  '**', '*', '-', '{"a":'.repeat(80), '['.repeat(300), 'x'.repeat(3000), 'Content-Length: 0\r\n', 'Content-Length: 7\r\n',
  'Transfer-Encoding: chunked\r\n', 'Content-Encoding: gzip\r\n', 'Content-Encoding: deflate\r\n',
  'Authorization: ApiKey eDp5\r\n', 'X-Opaque-Id: 1\r\n', 'Expect: 100-continue\r\n', 'Range: bytes=0-1\r\n',
  'Accept: application/vnd.elasticsearch+json; compatible-with=9\r\n', 'pretty&', 'filter_path=**.a*&', 'error_trace&'];

class Mutator {
  constructor(seed) {
    this.state = seed >>> 0 || 1;
  }

  // A number below `limit`: xorshift32.
  below(limit) {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state % limit;
  }

  choose(list) {
    return list[this.below(list.length)];
  }

  // A mutant of one of the strings of bytes, with parts of others.
  mutant(seeds) {
    let bytes = Buffer.from(this.choose(seeds));
    for (let left = this.below(4); left >= 0; left--) bytes = this.#change(bytes, seeds);
    return bytes;
  }

  #change(bytes, seeds) {
    const at = this.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + this.below(20));
    const put = (middle, rest = at) => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(rest)]);
    switch (this.below(6)) {
      case 0: return put(Buffer.from([this.below(256)]), at + 1);
      case 1: return put(Buffer.from(this.choose(PIECES), 'latin1'));
      case 2: return put(Buffer.alloc(0), end);
      case 3: return put(Buffer.concat([bytes.subarray(at, end), bytes.subarray(at, end)]));
      case 4: return put(Buffer.from(this.choose(PIECES), 'latin1'), end);
      default: {
        const other = this.choose(seeds);
        const from = this.below(other.length);
        return put(Buffer.from(other.subarray(from, from + this.below(60))));
      }
    }
  }
}

module.exports = { Mutator };
