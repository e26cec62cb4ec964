// Counts answers per connection: a load generator that counts only finished requests does not show
// that a connection never got one.
//
//   node connections.js PORT CONNECTIONS SECONDS FILE     (the file as for wrk.lua)
//
// Prints {"least":..,"most":..,"longest":..}: the fewest and the most answers that one connection
// got, and the longest wait in ms, which includes requests without an answer at the end.
'use strict';

const { Client } = require('./client');
const { readRequests } = require('./requests');

// A client that counts its answers, and how long it had to wait.
class CountingClient extends Client {
  constructor(port, next) {
    super(port, { next, taken: (answer, milliseconds) => this.count(answer, milliseconds) });
    this.answers = 0;
    this.longest = 0;
  }

  count({ status, text }, milliseconds) {
    if (status !== 200) throw new Error(text || 'the server closed a connection');
    this.answers += 1;
    this.wait(milliseconds);
  }

  wait(milliseconds) {
    this.longest = Math.max(this.longest, milliseconds);
  }
}

function main([port, connections, seconds, file]) {
  const requests = readRequests(file);
  let sent = 0;
  const nextRequest = () => requests[sent++ % requests.length];
  const clients = Array.from({ length: Number(connections) }, () => new CountingClient(Number(port), nextRequest));
  setTimeout(() => {
    clients.forEach((client) => client.wait(client.waited));
    const answers = clients.map((client) => client.answers);
    const longest = Math.max(...clients.map((client) => client.longest));
    console.log(JSON.stringify({ least: Math.min(...answers), most: Math.max(...answers), longest }));
    // No process.exit() here: in a busy Node.js 24 it has waited for the compiler for ever.
    clients.forEach((client) => client.close());
  }, Number(seconds) * 1000);
}

main(process.argv.slice(2));
