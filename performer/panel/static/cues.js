// The cue list: what is out and what comes next, Go and Back, and each cue a tap away.

import { make, pad } from "./controls.js";
import { words } from "./parameter.js";

const OWN_SCROLL_MS = 5000; // so long the list stays where a finger has left it

export class Cues {
  constructor(table, link) {
    const row = (name) => table.find((each) => each.name === `cue.${name}`);
    [this.go, this.back, this.number] = ["go", "back", "number"].map(row);
    this.link = link;
    this.cues = [];
    this.out = 0;
    this.touched = -OWN_SCROLL_MS;
    this.rows = [this.go, this.back, this.number];
    this.build();
  }

  build() {
    this.buttons = [this.back, this.go].map((row) => pad(row, this.link));
    this.buttons[1].element.classList.add("go");
    this.told = this.buttons.map(({ element }) => element.appendChild(make("small")));
    this.soon = make("b", { className: "soon" });
    this.count = make("output", { className: "note" });
    this.list = make("ol", { className: "cues", role: "group", "aria-label": words(this.number.name) });
    for (const kind of ["pointerdown", "wheel"]) {
      this.list.addEventListener(kind, () => { this.touched = performance.now(); }, { passive: true });
    }
    this.element = make("section", { className: "card cue-list", hidden: true },
      make("h2", {}, "Cues", this.count), make("div", { className: "go-back" }, ...this.buttons.map((each) => each.element)), this.list);
  }

  take({ cues }) {
    this.cues = cues;
    this.element.hidden = !cues.length;
    this.list.replaceChildren(...cues.map((cue, i) => {
      const button = make("button", { type: "button" },
        make("span", { className: "index" }, String(i + 1)), make("span", { className: "text" }, cue.name || "–"), make("span", { className: "follows" }, cue.follows && `→ ${cue.follows}`));
      button.addEventListener("click", () => this.link.set(this.number.name, i + 1));
      return make("li", {}, button);
    }));
    this.draw();
  }

  show(row, target) {
    if (row !== this.number || target === this.out) return;
    this.out = target;
    this.draw();
  }

  tell({ follows_in_s: left }) {
    this.left = left;
    this.tellNext();
  }

  // As the instrument counts: after the last cue comes the first, if the last has a follow-on.
  get next() {
    if (this.out < this.cues.length) return this.out + 1;
    return this.cues.at(-1)?.follows ? 1 : 0;
  }

  draw() {
    [...this.list.children].forEach((item, i) => {
      item.classList.toggle("out", i + 1 === this.out);
      item.classList.toggle("next", i + 1 === this.next);
      item.firstChild.setAttribute("aria-current", String(i + 1 === this.out));
    });
    this.count.textContent = `${this.out || "–"} / ${this.cues.length}`;
    this.tellNext();
    this.scroll();
  }

  tellNext() {
    const name = (number) => (number > 0 ? `${number} ${this.cues[number - 1]?.name ?? ""}` : "");
    this.soon.textContent = typeof this.left === "number" ? `in ${Math.ceil(this.left)} s` : "";
    this.told[0].textContent = name(this.out - 1) || "–";
    this.told[1].replaceChildren(make("span", {}, name(this.next) || "end"), this.soon);
  }

  // To where the show is, within the list alone, and not under a finger.
  scroll() {
    const item = this.list.children[Math.max(this.out - 1, 0)];
    if (!item || performance.now() - this.touched < OWN_SCROLL_MS) return;
    const far = Math.abs(this.list.scrollTop - item.offsetTop) > this.list.clientHeight;
    this.list.scrollTo({ top: item.offsetTop - item.offsetHeight, behavior: far ? "instant" : "smooth" });
  }
}
