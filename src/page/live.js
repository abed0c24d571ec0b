// A Socket.IO 5 client (Engine.IO 4): WebSocket, else long polling.
//
// new Live(url, { token(), event(name, data), state(state, gap), refused(text) })
//   state  'connecting', 'live', 'down' or 'none' (the server offers no realtime)
//   gap    events may have been missed since the last 'live'

const OPENING = 6000; // ms until the server says ready
const RETRY_MIN = 700;
const RETRY_MAX = 30000;
const RETRY_NONE = 60000;
const BETTER = 30000; // ms after which a poll tries once more to be a WebSocket
const BLOCKED = 2; // times that polling worked where WebSockets did not: poll at once,
const BLOCKED_FOR = 600000; // for so many ms

// Transports: send(packet), close(); they call on.packet(text) and on.lost(status).

function webSocket(url, on) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}?EIO=4&transport=websocket`);
  socket.onmessage = (e) => typeof e.data === 'string' && on.packet(e.data);
  socket.onclose = () => on.lost();
  return {
    send: (packet) => socket.readyState === WebSocket.OPEN && socket.send(packet),
    close: () => socket.close(),
  };
}

function polling(base, on) {
  const gone = new AbortController();
  const { signal } = gone;
  const queue = [];
  let url = `${base}?EIO=4&transport=polling`;
  let posting = false;

  async function request(options) {
    const response = await fetch(url, { cache: 'no-store', signal, ...options });
    if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status });
    return response.text();
  }

  function fail(e) {
    if (signal.aborted) return;
    gone.abort();
    on.lost(e.status);
  }

  async function poll() {
    for (;;) {
      for (const packet of (await request()).split('\x1e')) {
        if (signal.aborted) return;
        if (packet[0] === '0') url += `&sid=${encodeURIComponent(JSON.parse(packet.slice(1)).sid)}`;
        on.packet(packet);
      }
    }
  }

  async function post() {
    posting = true;
    while (queue.length) await request({ method: 'POST', body: queue.splice(0).join('\x1e') });
    posting = false;
  }

  poll().catch(fail);
  return {
    send(packet) {
      queue.push(packet);
      if (!posting) post().catch(fail);
    },
    close() {
      if (url.includes('&sid=') && !signal.aborted)
        fetch(url, { method: 'POST', body: '1', keepalive: true }).catch(() => {});
      gone.abort();
    },
  };
}

export class Live {
  running = true;
  failures = 0; // in a row
  blocked = 0; // times in a row that only polling worked

  constructor(url, handlers) {
    this.url = new URL(url, location).href;
    this.on = handlers;
  }

  stop() {
    this.running = false;
    this.drop();
  }

  nudge() {
    if (this.transport && this.ready && Date.now() - this.heard > this.patience) this.lost();
    if (this.transport) return;
    this.failures = 0;
    this.connect();
  }

  // An open connection may be dead without notice.
  renew() {
    if (this.opened) this.lost();
  }

  connect() {
    this.drop();
    this.ready = this.opened = false;
    this.polling = this.fallBack || (this.blocked >= BLOCKED && Date.now() < this.blockedUntil);
    const current = (this.current = {});
    const mine = (name) => (arg) => current === this.current && this[name](arg);
    this.on.state('connecting');
    this.watch(OPENING);
    try {
      this.transport = (this.polling ? polling : webSocket)(this.url, { packet: mine('packet'), lost: mine('lost') });
    } catch {
      this.lost();
    }
  }

  drop() {
    this.current = null;
    for (const timer of [this.alarm, this.better, this.retry]) clearTimeout(timer);
    this.transport?.close();
    this.transport = null;
  }

  watch(ms) {
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => this.lost(), ms);
  }

  // STATUS: of a poll that was refused. A WebSocket that never opened is followed by a poll.
  lost(status) {
    this.drop();
    if (!this.running) return;
    this.fallBack = !this.opened && !this.polling;
    if (this.fallBack) return this.connect();
    const none = !this.opened && [404, 501, 503].includes(status);
    const wait = none && status === 404 ? RETRY_NONE : Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.failures++);
    this.on.state(none ? 'none' : 'down');
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random()));
  }

  packet(text) {
    this.heard = Date.now();
    if (this.ready) this.watch(this.patience);
    const [, kind, data] = text.match(/^(4?.?)(.*)/s);
    if (kind === '0') this.open(JSON.parse(data));
    else if (kind === '2') this.transport.send(`3${data}`);
    else if (kind === '40') this.connected(JSON.parse(data || '{}'));
    else if (kind === '42') this.event(JSON.parse(data));
    else if (['1', '41', '44'].includes(kind)) this.lost();
  }

  open({ pingInterval, pingTimeout }) {
    this.opened = true;
    if (!this.polling) this.blocked = 0;
    else if (this.fallBack && ++this.blocked) this.blockedUntil = Date.now() + BLOCKED_FOR;
    this.fallBack = false;
    this.patience = pingInterval + pingTimeout;
    const { pid, offset } = this;
    this.send('40', { ids: true, recover: true, ...(pid && offset && { pid, offset }) });
  }

  send(kind, data) {
    this.transport.send(kind + JSON.stringify(data));
  }

  connected({ pid }) {
    if (pid && pid === this.pid) return this.begin(false);
    this.pid = pid;
    this.offset = undefined;
    this.send('42', ['api_v3_connect', { token_api_v3: this.on.token() }]);
  }

  begin(gap) {
    this.ready = true;
    this.failures = 0;
    this.watch(this.patience);
    if (this.polling && this.blocked < BLOCKED) this.better = setTimeout(() => this.connect(), BETTER);
    this.on.state('live', gap);
  }

  event([name, ...args]) {
    // with recovery, the last argument is the event's offset
    if (this.pid && args.length > 1 && typeof args.at(-1) === 'string') this.offset = args.pop();
    if (name === 'ready') this.begin(true);
    if (this.ready || name !== 'error') return this.on.event(name, args[0]);
    this.pid = undefined;
    this.on.refused(args[0]?.message);
  }
}
