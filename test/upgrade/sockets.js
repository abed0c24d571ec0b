// Many Socket.IO clients that come back by themselves: sockets.js URL COUNT TOKEN... They share the tokens. "ready" on
// standard output when all are logged in. A line N on standard input: once all have number N - 1, or what they hear has
// ended, the answer is what they heard of the messages 0 to N - 1, as JSON.
'use strict';
const path = require('node:path');
const readline = require('node:readline');
const io = require(require.resolve('sio4', { paths: [path.join(__dirname, '../realtime')] }));

const [url, count, ...tokens] = process.argv.slice(2);
const clients = [];
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function open(token) {
  return new Promise((resolve) => {
    const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { recover: true, token_api_v3: token },
      reconnectionDelay: 50, reconnectionDelayMax: 1000 });
    const client = { heard: new Map(), connects: 0, recovered: 0, socket };
    clients.push(client);
    socket.on('connect', () => { client.connects++; client.recovered += socket.recovered; });
    socket.on('ready', resolve);
    socket.on('new_message', ({ message }) => client.heard.set(Number(message), (client.heard.get(Number(message)) || 0) + 1));
  });
}

async function heard(n) {
  const sum = () => clients.reduce((all, { heard }) => all + heard.size, 0);
  for (let before = -1, quiet = 0; quiet < 40 && !clients.every((c) => c.heard.size >= n); before = sum()) {
    await sleep(500);
    quiet = sum() === before ? quiet + 1 : 0;
  }
  const each = (value) => clients.reduce((all, client) => all + value(client), 0);
  return {
    clients: clients.length,
    lost: each((c) => [...Array(n).keys()].filter((i) => !c.heard.has(i)).length),
    twice: each((c) => [...c.heard.values()].filter((times) => times > 1).length),
    again: each((c) => c.connects - 1),
    anew: each((c) => c.connects - 1 - c.recovered),
  };
}

(async () => {
  for (let i = 0; i < Number(count); i += 50) {
    await Promise.all([...Array(Math.min(50, count - i)).keys()].map((k) => open(tokens[(i + k) % tokens.length])));
  }
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) console.log(JSON.stringify(await heard(Number(line))));
  process.exit(0);
})();
