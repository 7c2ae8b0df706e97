// The XY pad: the look between four scenes, under a finger.

import { fader, keys, make, slides } from "./controls.js";
import { positionOf, unit, valueAt, digits, within } from "./parameter.js";

const PLACES = ["bottom left", "bottom right", "top left", "top right"];
const percent = (x) => `${(100 * x).toFixed(2)}%`;

export class XY {
  constructor(table, link) {
    const row = (name) => table.find((each) => each.name === `xy.${name}`);
    [this.x, this.y, this.mix] = ["x", "y", "mix"].map(row);
    this.rows = [this.x, this.y, this.mix];
    this.link = link;
    this.at = new Map(this.rows.map((each) => [each, each.default]));
    this.build();
  }

  build() {
    this.told = make("output", { className: "note" });
    this.corners = PLACES.map((place) => make("span", { className: `corner ${place}` }));
    this.axes = [this.x, this.y].map((row, i) => this.axis(row, "xy"[i]));
    this.pad = make("div", { className: "xy-pad" }, ...this.corners, ...this.axes, make("i", { className: "live" }), make("i", { className: "puck" }));
    this.mixer = fader(this.mix, this.link, (text) => { this.told.textContent = text; }, "Mix");
    this.element = make("section", { className: "card xy", hidden: true },
      make("h2", {}, "XY pad", this.told), make("div", { className: "xy-row" }, this.pad, this.mixer.element));
    this.hold();
  }

  // A line through the puck, which keys can move.
  axis(row, name) {
    const line = make("i", { className: `axis ${name}`, ...slides(row) });
    keys(line, row, () => this.at.get(row), (value) => this.link.set(row.name, value));
    return line;
  }

  // The puck is where the finger is; another finger may meanwhile be elsewhere.
  hold() {
    let holds = null;
    const move = (event) => {
      const box = this.pad.getBoundingClientRect();
      this.link.set(this.x.name, valueAt(this.x, within((event.clientX - box.left) / box.width, 0, 1)));
      this.link.set(this.y.name, valueAt(this.y, within(1 - (event.clientY - box.top) / box.height, 0, 1)));
    };
    this.pad.addEventListener("pointerdown", (event) => {
      if (event.button || holds !== null) return;
      holds = event.pointerId;
      this.pad.setPointerCapture(holds);
      this.pad.classList.add("held");
      move(event);
    });
    this.pad.addEventListener("pointermove", (event) => { if (event.pointerId === holds) move(event); });
    for (const kind of ["pointerup", "pointercancel"]) {
      this.pad.addEventListener(kind, (event) => {
        if (event.pointerId !== holds) return;
        holds = null;
        this.pad.classList.remove("held");
      });
    }
  }

  take({ corners }) {
    this.element.hidden = !corners.length;
    corners.forEach((name, i) => { this.corners[i].textContent = name; });
  }

  tell() {}

  show(row, target, value) {
    this.at.set(row, target);
    if (row === this.mix) this.mixer.show(target, value);
    else this.place(row, target, value);
    const [x, y, mix] = this.rows.map((each) => positionOf(each, this.at.get(each)));
    const shares = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
    shares.forEach((share, i) => { this.corners[i].style.setProperty("--share", (share * mix).toFixed(3)); });
    this.pad.classList.toggle("idle", mix === 0);
    this.told.textContent = `${[this.x, this.y].map((each) => digits(each, this.at.get(each))).join(", ")} · mix ${digits(this.mix, this.at.get(this.mix))}`;
  }

  place(row, target, value) {
    const name = row === this.x ? "x" : "y";
    this.pad.style.setProperty(`--${name}`, percent(positionOf(row, target)));
    this.pad.style.setProperty(`--live-${name}`, percent(positionOf(row, value)));
    const line = this.axes[row === this.x ? 0 : 1];
    line.setAttribute("aria-valuenow", String(target));
    line.setAttribute("aria-valuetext", `${digits(row, target)} ${unit(row)}`);
    const apart = ["x", "y"].some((each) => Math.abs(Number.parseFloat(this.pad.style.getPropertyValue(`--live-${each}`)) - Number.parseFloat(this.pad.style.getPropertyValue(`--${each}`))) > 1);
    this.pad.classList.toggle("moving", apart);
  }
}
