/**
 * `node heads.mjs <url> <seconds> <connections> <headers as JSON>`: sends HEAD requests one behind the other on each
 * connection, as wrk does GET; wrk itself waits for bodies that answers to HEAD don't have. Prints what wrk.mjs returns.
 */
import { connect } from 'node:net';

const [address, seconds, connections, headersJson] = process.argv.slice(2);
const { hostname, port, pathname, search, host } = new URL(address);
const headerLines = Object.entries({ host, ...JSON.parse(headersJson) }).map(
  ([name, value]) => `${name}: ${value}\r\n`,
);
const request = `HEAD ${pathname}${search} HTTP/1.1\r\n${headerLines.join('')}\r\n`;
const endsAt = performance.now() + Number(seconds) * 1000;
const times = [];

function sendUntilEnd() {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let sentAt = 0;
    let answer = '';
    const send = () => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (!answer.endsWith('\r\n\r\n')) return;
      if (!answer.startsWith('HTTP/1.1 200 ')) return socket.destroy(new Error(`refused: ${answer}`));
      answer = '';
      times.push(performance.now() - sentAt);
      if (performance.now() < endsAt) send();
      else socket.end();
    });
    socket.on('error', reject);
    socket.on('close', resolve);
  });
}

await Promise.all(Array.from({ length: Number(connections) }, sendUntilEnd));
times.sort((a, b) => a - b);
const percentile = (share) => Number((times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(3));
const report = { requests: times.length, perSecond: times.length / Number(seconds) };
console.log(JSON.stringify({ ...report, p50Ms: percentile(0.5), p99Ms: percentile(0.99) }));
