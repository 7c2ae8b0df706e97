// The two decks: what is on them, the fader between them, and the models that wait.

import { control, make, pad } from "./controls.js";

const MODEL = /^model\.\d+$/;

export class Decks {
  constructor(table, link) {
    this.rows = table.filter((row) => row.group === "deck" || MODEL.test(row.name));
    this.shows = new Map();
    this.models = new Map();
    this.names = ["A", "B"].map((letter) => make("div", { className: "deck" }, make("b", {}, letter), make("span"), make("small")));
    const made = this.rows.map((row) => ({ row, made: this.make(row, link) }));
    const elements = (fits) => made.filter(({ row }) => fits(row)).map((each) => each.made.element);
    this.waiting = make("div", { className: "pads models" }, ...elements((row) => MODEL.test(row.name)));
    const triggers = elements((row) => !MODEL.test(row.name) && row.kind === "trigger");
    this.element = make("section", { className: "card decks", hidden: true },
      make("h2", {}, "Decks"), make("div", { className: "pair" }, this.names[0], ...triggers, this.names[1]),
      ...elements((row) => row.kind !== "trigger"), this.waiting);
  }

  make(row, link) {
    const made = MODEL.test(row.name) ? pad(row, link, "") : control(row, link);
    this.shows.set(row, made.show);
    if (MODEL.test(row.name)) this.models.set(row.name, made);
    if (row.name === "deck.mix") made.element.classList.add("crossfader");
    return made;
  }

  // A model that the patch does not name cannot be asked for.
  take({ titles }) {
    for (const [name, made] of this.models) {
      made.element.hidden = !titles[name];
      made.entitle(titles[name]);
    }
    this.waiting.hidden = [...this.models.keys()].every((name) => !titles[name]);
    this.appear();
  }

  tell({ decks = ["", ""] }) {
    decks.forEach((model, i) => {
      const [name, rest] = (model || "empty").split(" at ");
      this.names[i].children[1].textContent = name;
      this.names[i].children[2].textContent = rest ?? "";
    });
    this.two = Boolean(decks[1]);
    this.element.classList.toggle("one", !this.two);
    this.appear();
  }

  appear() {
    this.element.hidden = !this.two && this.waiting.hidden;
  }

  show(row, target, value) {
    this.shows.get(row)(target, value);
    if (row.name !== "deck.mix") return;
    this.names.forEach((name, i) => name.style.setProperty("--seen", (i ? value : 1 - value).toFixed(2)));
  }
}
