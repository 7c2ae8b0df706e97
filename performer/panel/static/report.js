// How the show is: the vital numbers, the facts, the last events and the log.

import { make } from "./controls.js";
import { words } from "./parameter.js";

const DRAWN = new Set(["message"]);

const HANDS = ["midi", "osc", "page", "key"]; // whose latency is told first
const RECENT_MS = 10000; // a late frame is a warning for so long
const late = { count: null, at: -RECENT_MS };

const gib = (mib) => `${(mib / 1024).toFixed(1)} GiB`;

export function vitals(place, status, machine) {
  const count = status.late_frames ?? 0;
  if (late.count !== null && count > late.count) late.at = performance.now();
  late.count = count;
  const latency = HANDS.filter((source) => status.latency_ms?.[source]?.[0] > 0);
  const parts = [["fps", (status.fps ?? 0).toFixed(1)], ["late", String(count), performance.now() - late.at < RECENT_MS]];
  for (const source of latency.slice(0, 2)) parts.push([`${source} ms`, status.latency_ms[source][0].toFixed(0), false, source !== latency[0]]);
  const hottest = Math.max(machine.cpu_c ?? 0, machine.gpu_c ?? 0);
  if (hottest) parts.push(["°C", hottest.toFixed(0), hottest > 85]);
  const full = machine.gpu_used_mib / machine.gpu_total_mib;
  if (full) parts.push(["% GPU memory", (100 * full).toFixed(0), full > 0.93, true]);
  place.replaceChildren(...parts.map(([name, value, warn, more]) => make("span", { className: `vital${warn ? " warn" : ""}${more ? " more" : ""}` }, make("b", {}, value), ` ${name}`)));
}

export function facts(place, status, machine) {
  const rows = [];
  const say = (name, value) => { if (value !== "" && value !== undefined && value !== null) rows.push(make("dt", {}, name), make("dd", {}, String(value))); };
  if (status.frame_ms_p50) say("Frame", `${status.frame_ms_p50.toFixed(1)} ms, p99 ${status.frame_ms_p99.toFixed(1)} ms`);
  for (const [source, [p50, p99]] of Object.entries(status.latency_ms ?? {})) say(`Latency, ${source}`, `${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  for (const [name, value] of Object.entries(status)) {
    if (!DRAWN.has(name) && typeof value === "string") say(words(name), value);
  }
  if (status.canvas) say("Canvas", `${status.canvas[1]}×${status.canvas[0]}`);
  say("MIDI", (status.midi_ports ?? []).join(", ") || "none");
  if (machine.gpu_total_mib) say("GPU memory", `${gib(machine.gpu_used_mib)} of ${gib(machine.gpu_total_mib)}`);
  if (machine.gpu_percent !== undefined) say("GPU busy", `${machine.gpu_percent} %`);
  if (machine.memory_mib) say("Memory", gib(machine.memory_mib));
  if (machine.cpu_c) say("Processor", `${machine.cpu_c} °C`);
  if (machine.gpu_c) say("Graphics card", `${machine.gpu_c} °C`);
  if (status.message) say("Last message", status.message);
  place.replaceChildren(...rows);
}

export function lines(events, log, status) {
  events.replaceChildren(...(status.last_events ?? []).map((text) => make("li", {}, text)));
  const text = (status.log ?? []).join("\n");
  if (log.textContent === text) return;
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  log.textContent = text;
  if (atEnd) log.scrollTop = log.scrollHeight;
}
