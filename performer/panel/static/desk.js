// The desk: which control stands where, derived from the table alone.

import { bank, control, make, pad, tempo } from "./controls.js";
import { Cues } from "./cues.js";
import { Decks } from "./decks.js";
import { numbered, words } from "./parameter.js";
import { XY } from "./xy.js";

const SAFETY = ["blackout", "freeze", "panic"]; // in this order at the page's foot, if there are such
const BANK = 4; // so many numbered rows are one bank
const REST = "Picture";

// Rows whose names differ by a number alone as runs; each other row alone.
function families(table) {
  const runs = new Map();
  for (const row of table) {
    const { family } = numbered(row.name);
    const key = family ? `${family} ${row.kind}` : row.name;
    runs.set(key, [...(runs.get(key) ?? []), row]);
  }
  return [...runs.values()];
}

export class Desk {
  constructor(table, link, places) {
    this.table = table;
    this.link = link;
    this.places = places;
    this.shows = new Map(); // name -> functions that draw it
    this.pads = new Map(); // name -> pad, for titles
    this.cards = new Map(); // title -> card
    this.build();
  }

  on(row, show) {
    this.shows.set(row.name, [...(this.shows.get(row.name) ?? []), show]);
  }

  show(i, target, value) {
    for (const each of this.shows.get(this.table[i].name) ?? []) each(target, value);
  }

  build() {
    for (const name of ["safety", "play", "groups", "chips"]) this.places[name].replaceChildren();
    const safety = SAFETY.flatMap((name) => this.table.filter((row) => row.name === name));
    for (const row of safety) this.safe(row);
    const taps = this.table.filter((row) => row.kind === "trigger" && /(^|[._])tap$/.test(row.name));
    this.own = [Cues, Decks, XY].map((Own) => new Own(this.table, this.link));
    for (const own of this.own) this.owned(own);
    const apart = new Set([...safety, ...taps, ...this.own.flatMap((own) => own.rows)]);
    for (const run of families(this.table.filter((row) => !apart.has(row)))) {
      if (run[0].name === "bpm") this.beat(run[0], taps[0]);
      else if (run.length >= BANK && run[0].kind === "value") this.bank(run);
      else if (run[0].kind === "trigger" || run[0].kind === "toggle" && !run[0].name.includes(".")) this.pads_(run);
      else run.forEach((row) => this.single(row));
    }
    this.chip("Show", this.places.health);
    for (const [title, card] of this.cards) if (card.parentNode === this.places.groups) this.chip(title, card);
  }

  // A card of its own, which shows where the patch has what it plays.
  owned(own) {
    this.places.play.append(own.element);
    for (const row of own.rows) this.on(row, (target, value) => own.show(row, target, value));
  }

  safe(row) {
    const made = pad(row, this.link, words(row.name));
    made.element.classList.add(row.name, "safety");
    this.places.safety.append(made.element);
    this.on(row, made.show);
  }

  beat(row, tapRow) {
    const made = tempo(row, tapRow, this.link);
    const card = this.card("Tempo", this.places.play);
    card.classList.add("tempo");
    card.append(made.element);
    this.on(row, made.show);
  }

  bank(run) {
    const made = bank(run, this.link);
    run.forEach((row, i) => {
      this.on(row, (target, value) => made.show(i, target, value));
    });
    made.element.dataset.words = this.said(run);
    this.places.groups.append(made.element);
    this.cards.set(words(numbered(run[0].name).family), made.element);
  }

  // Pads stand beside the picture: they are what is played.
  pads_(run) {
    const dotted = run[0].name.includes(".");
    const title = dotted ? `${words(run[0].group)}${run.length > 1 ? "s" : ""}` : "Play";
    const card = this.card(title, this.places.play);
    if (run.length >= BANK) card.classList.add("family");
    let grid = card.querySelector(".pads");
    if (!grid) card.append(grid = make("div", { className: "pads" }));
    for (const row of run) {
      const made = pad(row, this.link, run.length > 1 ? "" : undefined);
      made.element.dataset.words = this.said([row]);
      grid.append(made.element);
      this.pads.set(row.name, made);
      this.on(row, made.show);
    }
  }

  single(row) {
    const made = control(row, this.link);
    made.element.dataset.words = this.said([row]);
    const many = this.table.filter((other) => other.group === row.group).length > 1;
    this.card(many ? words(row.group) : REST, this.places.groups).append(made.element);
    this.on(row, made.show);
  }

  card(title, place) {
    let card = this.cards.get(title);
    if (!card) {
      card = make("section", { className: "card" }, make("h2", {}, title));
      this.cards.set(title, card);
      place.append(card);
    }
    return card;
  }

  chip(title, card) {
    const chip = make("button", { type: "button", className: "chip" }, title);
    chip.addEventListener("click", () => {
      if (card.tagName === "DETAILS") card.open = true;
      card.scrollIntoView({ behavior: "smooth", block: "start" });
    });
    this.places.chips.append(chip);
  }

  said(run) {
    return run.map((row) => `${row.name} ${row.address} ${words(row.name)} ${row.help}`).join(" ").toLowerCase();
  }

  // What the patch holds; a numbered pad to which it gives no name is empty.
  outline(outline) {
    const titles = outline.titles ?? {};
    for (const own of this.own) own.take({ cues: [], corners: [], ...outline, titles });
    for (const [name, made] of this.pads) {
      if (/\.\d+$/.test(name)) made.entitle(titles[name]);
    }
  }

  // What the show says of itself stands where it is played.
  tell(status) {
    for (const own of this.own) own.tell(status);
    this.note("loop", status.loop ?? "");
    this.note("tempo", status.tempo_source ?? "");
    const beat = status.beat ?? 0;
    this.cards.get("Tempo")?.classList.toggle("on-beat", Math.floor(beat) % 2 === 0);
  }

  note(group, text) {
    const card = this.cards.get(words(group));
    if (!card || card.tagName === "DETAILS") return;
    let note = card.querySelector(".note");
    if (!note) card.querySelector("h2").append(note = make("output", { className: "note" }));
    note.textContent = text;
  }

  find(text) {
    const sought = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (element) => sought.every((word) => element.dataset.words.includes(word));
    for (const card of this.places.groups.children) {
      const inside = [...card.querySelectorAll(":scope > [data-words]")];
      inside.forEach((element) => { element.hidden = !fits(element); });
      card.hidden = card.dataset.words ? !fits(card) : inside.every((element) => element.hidden);
      if (card.tagName === "DETAILS" && sought.length) card.open = !card.hidden;
    }
  }
}
