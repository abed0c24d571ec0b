// HTTP peer: Node's http module + pg with a pool of 16. Arguments: PORT WORKERS. Environment: PGHOST, PGUSER, PGDATABASE,
// and CHAT_SQL: the file of its tables and rows.
'use strict';
const cluster = require('cluster');
const fs = require('fs');
const http = require('http');
const { Pool } = require('pg');
const [port, workers] = [+process.argv[2], +process.argv[3]];
const pool = new Pool({ max: 16 });
const one = (name, text, values) => pool.query({ name, text, values });

const answer = (res, status, value) => {
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
};
const handle = async (req, res, text) => {
  const who = (await one('token', 'SELECT user_id FROM tokens WHERE token = $1', [req.headers['x-token'] || ''])).rows[0];
  const url = new URL(req.url, 'http://x');
  if (!who) return answer(res, 401, { error: 'bad token' });
  if (req.method === 'POST' && url.pathname === '/send') {
    let body;
    try { body = JSON.parse(text); } catch { return answer(res, 400, { error: 'bad JSON' }); }
    if (!Number.isInteger(body.channel) || typeof body.text !== 'string' || !body.text) {
      return answer(res, 400, { error: 'bad message' });
    }
    const r = await one('send', 'INSERT INTO messages (channel_id, user_id, created, text) VALUES ($1, $2, $3, $4) RETURNING id',
      [body.channel, who.user_id, Math.floor(Date.now() / 1000), body.text]);
    return answer(res, 201, { id: r.rows[0].id });
  }
  if (url.pathname === '/messages') {
    const r = await one('newest', `SELECT m.id, u.name AS sender, m.channel_id AS channel, m.created, m.text FROM messages m
      JOIN users u ON u.id = m.user_id WHERE m.channel_id = $1 ORDER BY m.id DESC LIMIT 50`, [+url.searchParams.get('channel')]);
    return answer(res, 200, { messages: r.rows });
  }
  const m = /^\/users\/(\d+)$/.exec(url.pathname);
  const r = m && await one('user', 'SELECT id, name, created FROM users WHERE id = $1', [+m[1]]);
  return r && r.rows[0] ? answer(res, 200, r.rows[0]) : answer(res, 404, { error: 'not found' });
};
const serve = () => http.createServer((req, res) => {
  const parts = [];
  req.on('data', (d) => parts.push(d)).on('end', () => {
    handle(req, res, Buffer.concat(parts).toString()).catch((e) => answer(res, 503, { error: e.message }));
  });
}).listen({ port, host: '127.0.0.1', backlog: 4096 });

if (cluster.isPrimary) {
  pool.query(fs.readFileSync(process.env.CHAT_SQL, 'utf8')).then(() => {
    if (workers === 1) serve();
    else for (let i = 0; i < workers; i++) cluster.fork();
  });
  process.on('SIGTERM', () => { for (const w of Object.values(cluster.workers)) w.process.kill(); process.exit(0); });
} else {
  serve();
}
