// A small Socket.IO 5 client (Engine.IO 4): WebSocket, else long polling; heartbeat,
// reconnecting with back-off and jitter, connection-state recovery.
//
// new Live(url, { token, event, state, refused })
//   token()            the token to show
//   event(name, data)  what the server says
//   state(state, gap)  'connecting' | 'live' | 'down' | 'none' (the server offers no
//                      realtime); gap: events may have been missed since the last 'live'
//   refused(text)      the token is not good

const OPENING = 6000; // ms for a transport to open, and for the server to say ready
const RETRY_MIN = 700;
const RETRY_MAX = 30000;
const RETRY_NONE = 60000;
const BETTER = 30000; // ms after which a poll tries once more to be a WebSocket
const BLOCKED = 2; // times that polls worked where WebSockets did not: believe it,
const BLOCKED_FOR = 600000; // for so many ms

// ---- transports: send(packet), close(); they call on.packet(text) and on.close(reason) ----

class WebSocketTransport {
  constructor(url, on) {
    const target = new URL(url);
    target.protocol = target.protocol.replace('http', 'ws');
    this.socket = new WebSocket(`${target}?EIO=4&transport=websocket`);
    this.socket.onmessage = (e) => typeof e.data === 'string' && on.packet(e.data);
    this.socket.onclose = () => on.close('closed');
  }

  send(packet) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(packet);
  }

  close() {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

class PollingTransport {
  constructor(url, on) {
    this.url = `${url}?EIO=4&transport=polling`;
    this.on = on;
    this.gone = new AbortController();
    this.queue = [];
    this.poll();
  }

  async request(options) {
    const response = await fetch(this.url, { cache: 'no-store', signal: this.gone.signal, ...options });
    if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status });
    return response.text();
  }

  async poll() {
    try {
      for (;;) {
        const body = await this.request({});
        for (const packet of body.split('\x1e')) {
          if (this.gone.signal.aborted) return;
          if (packet[0] === '0') this.url += `&sid=${encodeURIComponent(JSON.parse(packet.slice(1)).sid)}`;
          this.on.packet(packet);
        }
      }
    } catch (e) {
      this.fail(e);
    }
  }

  // One POST at a time: the order of packets is the order of sending.
  async send(packet) {
    this.queue.push(packet);
    if (this.posting) return;
    this.posting = true;
    try {
      while (this.queue.length) {
        const body = this.queue.splice(0).join('\x1e');
        await this.request({ method: 'POST', body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
      }
    } catch (e) {
      this.fail(e);
    }
    this.posting = false;
  }

  fail(e) {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    this.on.close(e.status ? 'refused' : 'closed', e.status);
  }

  close() {
    if (this.url.includes('&sid=') && !this.gone.signal.aborted)
      fetch(this.url, { method: 'POST', body: '1', keepalive: true }).catch(() => {});
    this.gone.abort();
  }
}

// ---- the connection ----

export class Live {
  constructor(url, handlers) {
    this.url = new URL(url, location.href).href;
    this.on = handlers;
    this.failures = 0; // in a row
    this.blocked = 0; // times in a row that only polling worked
    this.running = false;
  }

  start() {
    this.running = true;
    this.connect();
  }

  stop() {
    this.running = false;
    this.drop();
    clearTimeout(this.retry);
    this.pid = this.offset = undefined;
  }

  // Now is a good moment: the network is back, the page is looked at again.
  nudge() {
    if (!this.running) return;
    if (this.transport && this.ready && Date.now() - this.heard > this.patience) this.lost('silent');
    if (this.transport) return;
    this.failures = 0;
    this.connect();
  }

  // What is open may be dead without knowing it.
  renew() {
    if (this.opened) this.lost('closed');
  }

  connect() {
    clearTimeout(this.retry);
    this.drop();
    this.ready = this.opened = false;
    this.polling = this.fallBack || (this.blocked >= BLOCKED && Date.now() < this.blockedUntil);
    const Transport = this.polling ? PollingTransport : WebSocketTransport;
    const mine = (fn) => (...args) => current === this.current && fn.apply(this, args);
    const current = (this.current = {});
    this.on.state('connecting');
    this.watch(OPENING);
    try {
      this.transport = new Transport(this.url, { packet: mine(this.packet), close: mine(this.lost) });
    } catch {
      this.lost('closed');
    }
  }

  drop() {
    this.current = null;
    clearTimeout(this.alarm);
    clearTimeout(this.better);
    this.transport?.close();
    this.transport = null;
  }

  watch(ms) {
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => this.lost('silent'), ms);
  }

  // The transport is gone. A WebSocket that never opened is followed by a poll at once.
  lost(reason, status) {
    const unopened = !this.opened && !this.polling;
    this.drop();
    if (!this.running) return;
    this.fallBack = unopened;
    if (unopened) {
      this.connect();
      return;
    }
    this.ready = false;
    const none = reason === 'refused' && !this.opened && (status === 404 || status === 503 || status === 501);
    const spread = 0.5 + Math.random();
    const wait = none && status === 404 ? RETRY_NONE : Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.failures);
    this.failures++;
    this.on.state(none ? 'none' : 'down');
    this.retry = setTimeout(() => this.connect(), wait * spread);
  }

  // ---- Engine.IO ----

  packet(text) {
    this.heard = Date.now();
    if (this.ready) this.watch(this.patience);
    if (text[0] === '0') this.open(JSON.parse(text.slice(1)));
    else if (text[0] === '1') this.lost('closed');
    else if (text[0] === '2') this.transport.send(`3${text.slice(1)}`);
    else if (text[0] === '4') this.message(text[1], text.slice(2));
  }

  open({ pingInterval, pingTimeout }) {
    this.opened = true;
    if (!this.polling) this.blocked = 0;
    else if (this.fallBack && ++this.blocked) this.blockedUntil = Date.now() + BLOCKED_FOR;
    this.fallBack = false;
    this.patience = pingInterval + pingTimeout;
    const auth = { ids: true, recover: true };
    if (this.pid && this.offset) Object.assign(auth, { pid: this.pid, offset: this.offset });
    this.transport.send(`40${JSON.stringify(auth)}`);
  }

  // ---- Socket.IO, the namespace / ----

  message(kind, text) {
    if (kind === '0') this.connected(text ? JSON.parse(text) : {});
    else if (kind === '1' || kind === '4') this.lost('closed');
    else if (kind === '2' && text[0] === '[') this.event(JSON.parse(text));
  }

  connected({ pid }) {
    const recovered = pid && pid === this.pid;
    this.pid = pid;
    if (recovered) {
      this.begin(false);
      return;
    }
    this.offset = undefined;
    this.transport.send(`42${JSON.stringify(['api_v3_connect', { token_api_v3: this.on.token() }])}`);
  }

  begin(gap) {
    this.ready = true;
    this.failures = 0;
    this.watch(this.patience);
    if (this.polling && this.blocked < BLOCKED) this.better = setTimeout(() => this.connect(), BETTER);
    this.on.state('live', gap);
  }

  event([name, ...args]) {
    // with recovery, the last argument says how far we are
    if (this.pid && args.length > 1 && typeof args.at(-1) === 'string') this.offset = args.pop();
    if (name === 'ready') {
      this.begin(true);
      this.on.event('ready', args[0]);
    } else if (name === 'error' && !this.ready) {
      this.pid = undefined;
      this.on.refused(String(args[0]?.message ?? ''));
    } else {
      this.on.event(name, args[0]);
    }
  }
}
