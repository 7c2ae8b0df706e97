// The link to the instrument: news in, commands out, and coming back after a break.

const HOLD_MS = 350; // after a touch what comes back is not shown, so that it does not fight the hand
const SEND_MS = 33;
const LONGEST_WAIT_MS = 4000;

export class Link {
  constructor(handlers) {
    this.handlers = handlers;
    this.values = new Map(); // row -> {target, value}
    this.held = new Map(); // row -> {target, until}
    this.rows = new Map(); // name -> row
    this.pending = {};
    this.timer = 0;
    this.wait = 250;
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/-/live`);
    this.socket.binaryType = "blob";
    this.socket.onopen = () => { this.wait = 250; this.handlers.connected(true); };
    this.socket.onmessage = (event) => this.take(event.data);
    this.socket.onclose = () => {
      this.handlers.connected(false);
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
  }

  take(data) {
    if (typeof data !== "string") { this.handlers.picture(data); return; }
    const news = JSON.parse(data);
    if (news.table) {
      news.table.forEach((row, i) => this.rows.set(row.name, i));
      this.handlers.table(news);
    } else if (news.values) {
      for (const [i, target, value] of news.values) {
        this.values.set(i, { target, value });
        this.show(i);
      }
    } else if (news.outline) {
      this.handlers.outline(news.outline);
    } else {
      this.handlers.report(news);
    }
  }

  // What is drawn of a parameter: the hand's own value while it holds it.
  show(i) {
    const known = this.values.get(i);
    const held = this.held.get(i);
    if (known) this.handlers.value(i, held ? held.target : known.target, known.value);
  }

  set(name, value) {
    const i = this.rows.get(name);
    const before = this.held.get(i);
    if (before) clearTimeout(before.timer);
    const timer = setTimeout(() => { this.held.delete(i); this.show(i); }, HOLD_MS);
    this.held.set(i, { target: value, timer });
    this.show(i);
    this.pending[name] = value;
    if (this.timer) return;
    this.timer = setTimeout(() => this.pace(), SEND_MS);
    queueMicrotask(() => this.flush()); // all that this touch has moved, at once
  }

  // What a hand does next goes in even steps, until it rests.
  pace() {
    this.timer = Object.keys(this.pending).length ? setTimeout(() => this.pace(), SEND_MS) : 0;
    this.flush();
  }

  press(name) {
    this.flush();
    this.send({ press: [name] });
  }

  flush() {
    if (Object.keys(this.pending).length) this.send({ set: this.pending });
    this.pending = {};
  }

  send(command) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }
}
