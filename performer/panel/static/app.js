// The page: it joins the link, the desk, the picture and the report.

import { Desk } from "./desk.js";
import { Link } from "./link.js";
import { words } from "./parameter.js";
import { facts, lines, vitals } from "./report.js";

const SILENT_S = 3;
const at = (id) => document.getElementById(id);
const canvas = at("picture");
let desk = null;
let table = "";
let drawing = false;
let nextPicture = null;

const link = new Link({
  connected(is) {
    document.body.classList.toggle("lost", !is);
    banner(is ? "" : "Reconnecting. The show goes on without this page.");
  },
  table(hello) {
    document.title = hello.title;
    at("qr-open").hidden = !hello.url;
    if (hello.url) at("qr-url").textContent = hello.url;
    const now = JSON.stringify(hello.table);
    if (now === table) return;
    table = now;
    desk = new Desk(hello.table, link, { safety: at("safety"), play: at("play"), groups: at("groups"), chips: at("chips"), health: at("health") });
  },
  value(i, target, value) { desk?.show(i, target, value); },
  outline(outline) { desk?.outline(outline); },
  report({ status, machine, silent_s }) {
    if (status.patch) at("title").textContent = status.patch;
    vitals(at("vitals"), status, machine);
    facts(at("facts"), status, machine);
    lines(at("events"), at("log"), status);
    desk?.tell(status);
    const state = [status.blackout ? "Blackout" : status.frozen ? "Frozen" : "", status.spared, ...(status.lamps ?? [])].filter(Boolean).join(" · ");
    at("badge").textContent = state;
    at("badge").hidden = !state;
    document.body.classList.toggle("learning", Boolean(status.learn));
    banner(silent_s > SILENT_S ? `The instrument has been silent for ${silent_s.toFixed(0)} s.` : learning(status.learn));
  },
  picture(jpeg) { nextPicture = jpeg; draw(); },
});

function learning(learn) {
  if (!learn) return "";
  const said = learn.waiting ? "move a knob, or touch another parameter" : learn.control || "not bound";
  return `Learn ${words(learn.parameter)}: ${said}${learn.note ? `. ${learn.note}` : ""}`;
}

function banner(text) {
  at("banner").textContent = text;
  at("banner").hidden = !text;
}

// The newest picture; those that come while one is drawn are left out.
async function draw() {
  if (drawing || !nextPicture || document.hidden) return;
  drawing = true;
  const jpeg = nextPicture;
  nextPicture = null;
  try {
    const image = await createImageBitmap(jpeg);
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
      at("preview").style.setProperty("--ratio", `${image.width} / ${image.height}`);
    }
    canvas.getContext("2d", { alpha: false }).drawImage(image, 0, 0);
    image.close();
  } catch { /* a damaged picture is followed by a sound one */ }
  drawing = false;
  if (nextPicture) draw();
}

at("preview").addEventListener("click", () => document.body.classList.toggle("large"));
at("vitals").addEventListener("click", () => at("health").scrollIntoView({ behavior: "smooth", block: "start" }));
at("search").addEventListener("input", () => desk?.find(at("search").value));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement?.tagName !== "INPUT") {
    event.preventDefault();
    at("search").focus();
  }
});
at("qr-open").addEventListener("click", () => { at("qr").querySelector("img").src = "/-/qr.svg"; at("qr").showModal(); });
at("qr").querySelector("button").addEventListener("click", () => at("qr").close());
