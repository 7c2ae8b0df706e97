// The controls: each draws a row of the table and tells the link what a hand does.

import { clamp, digits, label, numbered, origin, positionOf, steps, unit, valueAt, within, words } from "./parameter.js";

const DOUBLE_TAP_MS = 320;
const DEAD_PX = 5; // a finger that moves less has not begun to drag

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const percent = (x) => `${(100 * x).toFixed(2)}%`;

// A hand on an area: `move(share of the length moved, is absolute)`. A finger moves from where the
// parameter stands and a mouse takes hold where it points; twice quickly is `reset`.
function hand(area, { vertical = false, begin, to, end, reset }) {
  let from = null;
  let lastTap = 0;
  const place = (event) => {
    const box = area.getBoundingClientRect();
    return vertical ? 1 - (event.clientY - box.top) / box.height : (event.clientX - box.left) / box.width;
  };
  area.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary && event.pointerType === "mouse") return;
    area.setPointerCapture(event.pointerId);
    const at = place(event);
    from = { id: event.pointerId, at, start: begin(), moved: false };
    if (event.pointerType === "mouse" && performance.now() - lastTap > DOUBLE_TAP_MS) {
      from.start = at;
      to(within(at, 0, 1));
    }
    area.classList.add("held");
  });
  area.addEventListener("pointermove", (event) => {
    if (!from || event.pointerId !== from.id) return;
    const box = area.getBoundingClientRect();
    const travel = place(event) - from.at;
    if (!from.moved && Math.abs(travel) * (vertical ? box.height : box.width) < DEAD_PX) return;
    from.moved = true;
    to(within(from.start + travel * (event.shiftKey ? 0.1 : 1), 0, 1));
  });
  const release = (event) => {
    if (!from || event.pointerId !== from.id) return;
    const tapped = event.type === "pointerup" && !from.moved;
    const now = performance.now();
    if (tapped && now - lastTap < DOUBLE_TAP_MS) { reset(); lastTap = 0; }
    else lastTap = tapped ? now : 0;
    from = null;
    area.classList.remove("held");
    end?.();
  };
  area.addEventListener("pointerup", release);
  area.addEventListener("pointercancel", release);
}

export function keys(element, row, current, set) {
  element.addEventListener("keydown", (event) => {
    const fine = event.shiftKey ? 0.001 : 0.01;
    const ways = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    let value;
    if (event.key in ways) {
      value = row.step
        ? clamp(row, current() + Math.sign(ways[event.key]) * row.step)
        : valueAt(row, positionOf(row, current()) + ways[event.key] * fine);
    } else if (event.key === "Home") value = row.minimum;
    else if (event.key === "End") value = row.maximum;
    else if (event.key === "Delete" || event.key === "Backspace") value = row.default;
    else return;
    event.preventDefault();
    set(value);
  });
}

function place(element, row, target, value) {
  const at = positionOf(row, target);
  const zero = origin(row);
  element.style.setProperty("--at", percent(at));
  element.style.setProperty("--from", percent(Math.min(at, zero)));
  element.style.setProperty("--size", percent(Math.abs(at - zero)));
  element.style.setProperty("--live", percent(positionOf(row, value)));
  element.classList.toggle("moving", Math.abs(positionOf(row, value) - at) > 0.006);
  element.setAttribute("aria-valuenow", String(target));
  element.setAttribute("aria-valuetext", `${digits(row, target)} ${unit(row)}`);
}

export const slides = (row) => ({
  role: "slider", tabIndex: 0, "aria-label": words(row.name), "aria-valuemin": row.minimum, "aria-valuemax": row.maximum,
});

export function slider(row, link) {
  let target = row.default;
  const set = (value) => link.set(row.name, value);
  const number = make("button", { className: "number", type: "button", title: "Type a value" });
  const track = make("div", { className: "track", ...slides(row) }, make("i", { className: "bar" }), make("i", { className: "live" }), make("i", { className: "thumb" }));
  const told = row.unit === "seed" ? stepped(number, (by) => set(clamp(row, Math.round(target) + by))) : number;
  const element = make("div", { className: "control slider", title: row.help }, make("span", { className: "name" }, label(row)), told, track);
  hand(track, { begin: () => positionOf(row, target), to: (x) => set(valueAt(row, x)), reset: () => set(row.default) });
  keys(track, row, () => target, set);
  number.addEventListener("click", () => typeValue(number, row, target, set));
  return {
    element,
    show(goal, value) {
      target = goal;
      if (!number.firstElementChild) number.textContent = `${digits(row, goal)} ${unit(row)}`.trim();
      place(track, row, goal, value);
    },
  };
}

// Of pictures each whole number is one: the next and the one before are a tap away.
function stepped(number, go) {
  const step = (sign, by) => {
    const button = make("button", { type: "button", className: "step", "aria-label": by < 0 ? "Previous" : "Next" }, sign);
    button.addEventListener("click", () => go(by));
    return button;
  };
  return make("span", { className: "seeds" }, step("−", -1), number, step("+", 1));
}

function typeValue(number, row, target, set) {
  if (number.firstElementChild) return;
  const input = make("input", { inputMode: "decimal", value: String(Number(target.toFixed(3))), "aria-label": words(row.name) });
  const done = (take) => {
    if (!input.isConnected) return;
    const value = Number.parseFloat(input.value.replace(",", ".").replace("−", "-"));
    number.textContent = `${digits(row, target)} ${unit(row)}`.trim();
    if (take && Number.isFinite(value)) set(clamp(row, value));
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") done(true);
    if (event.key === "Escape") done(false);
    event.stopPropagation();
  });
  input.addEventListener("blur", () => done(true));
  number.replaceChildren(input);
  input.focus();
  input.select();
}

export function selector(row, link) {
  const buttons = steps(row).map(({ value, word }) => {
    const button = make("button", { type: "button", "aria-pressed": "false" }, word);
    button.addEventListener("click", () => link.set(row.name, value));
    return { value, button };
  });
  const set = make("div", { className: "segments", role: "group", "aria-label": words(row.name) }, ...buttons.map((each) => each.button));
  return {
    element: make("div", { className: "control", title: row.help }, make("span", { className: "name" }, label(row)), set),
    show(target) {
      for (const { value, button } of buttons) button.setAttribute("aria-pressed", String(Math.abs(value - target) < row.step / 2));
    },
  };
}

export function toggle(row, link) {
  let on = false;
  const button = make("button", { type: "button", className: "switch", role: "switch", "aria-label": words(row.name), "aria-checked": "false" }, make("i"));
  button.addEventListener("click", () => link.set(row.name, on ? 0 : 1));
  return {
    element: make("div", { className: "control toggle", title: row.help }, make("span", { className: "name" }, label(row)), button),
    show(target) {
      on = target >= 0.5;
      button.setAttribute("aria-checked", String(on));
    },
  };
}

// A button that acts at the touch, not when it ends: it is played.
export function pad(row, link, text = label(row)) {
  let on = false;
  const number = row.name.split(".").pop();
  const named = make("span", { className: "text" }, text);
  const button = make("button", { type: "button", className: "pad", title: row.help }, named);
  if (row.kind === "toggle" && row.default >= 0.5) button.classList.add("usual");
  if (/^\d+$/.test(number)) button.prepend(make("span", { className: "index" }, number));
  const act = () => {
    if (row.kind === "trigger") link.press(row.name);
    else link.set(row.name, on ? 0 : 1);
    button.classList.remove("struck");
    requestAnimationFrame(() => requestAnimationFrame(() => button.classList.add("struck")));
  };
  button.addEventListener("pointerdown", (event) => { if (!event.button && event.pointerType === "mouse") act(); });
  button.addEventListener("click", (event) => { if (event.pointerType !== "mouse" || !event.detail) act(); });
  return {
    element: button,
    show(target) {
      if (row.kind === "trigger") return;
      on = target >= 0.5;
      button.setAttribute("aria-pressed", String(on));
    },
    entitle(title) {
      named.textContent = title ?? text;
      button.classList.toggle("empty", title === undefined);
    },
  };
}

// Rows that differ by their number alone: one thin fader each.
export function bank(rows, link) {
  const title = words(numbered(rows[0].name).family);
  const told = make("output", { className: "number" });
  const faders = rows.map((row) => fader(row, link, (text) => { told.textContent = text; }));
  const grid = make("div", { className: "faders" }, ...faders.map((each) => each.element));
  const clear = make("button", { type: "button", className: "quiet" }, "Reset");
  clear.addEventListener("click", () => rows.forEach((row) => link.set(row.name, row.default)));
  const help = rows[0].help.replace(/\b1\b/, "N");
  const head = make("summary", { title: help }, make("h2", {}, title), make("span", { className: "traces" }, ...faders.map((each) => each.trace)));
  const note = make("p", { className: "help" }, help);
  return {
    element: make("details", { className: "card bank" }, head, note, grid, make("div", { className: "row" }, told, clear)),
    show: (i, target, value) => faders[i].show(target, value),
  };
}

// A thin upright fader; `say` shows what it says while a hand moves it.
export function fader(row, link, say, name = numbered(row.name).number) {
  let target = row.default;
  const tell = (value) => say(`${name}: ${digits(row, value)} ${unit(row)}`);
  const set = (value) => { link.set(row.name, value); tell(value); };
  const track = make("div", { className: "fader", "aria-orientation": "vertical", ...slides(row) }, make("i", { className: "bar" }), make("i", { className: "live" }), make("i", { className: "thumb" }));
  hand(track, {
    vertical: true, begin: () => { tell(target); return positionOf(row, target); },
    to: (x) => set(valueAt(row, x)), reset: () => set(row.default),
  });
  keys(track, row, () => target, set);
  const trace = make("i");
  return {
    element: make("div", { className: "lane" }, track, make("span", {}, name)),
    trace,
    show(goal, value) {
      target = goal;
      place(track, row, goal, value);
      place(trace, row, value, value);
    },
  };
}

// Tempo: taps are averaged; where the table has a tap of its own, that is struck instead.
export function tempo(row, tapRow, link) {
  const inner = slider(row, link);
  const tap = make("button", { type: "button", className: "pad tap" }, make("span", { className: "text" }, "Tap"));
  let taps = [];
  tap.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (tapRow) { link.press(tapRow.name); return; }
    const now = performance.now();
    taps = taps.length && now - taps.at(-1) > 2500 ? [now] : [...taps, now].slice(-6);
    if (taps.length > 1) link.set(row.name, clamp(row, (60000 * (taps.length - 1)) / (now - taps[0])));
  });
  return { element: make("div", { className: "beat" }, inner.element, tap), show: inner.show };
}

export function control(row, link) {
  if (row.kind === "trigger") return pad(row, link);
  if (row.kind === "toggle") return toggle(row, link);
  return steps(row).length ? selector(row, link) : slider(row, link);
}
