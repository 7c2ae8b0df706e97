// What a row of the table means for a hand: positions, words, digits.

export function shape(curve, x) {
  if (curve === "square") return x * x;
  if (curve === "root") return Math.sqrt(x);
  if (curve === "smooth") return x * x * (3 - 2 * x);
  return x;
}

export function unshape(curve, y) {
  if (curve === "square") return Math.sqrt(y);
  if (curve === "root") return y * y;
  if (curve === "smooth") return 0.5 - Math.sin(Math.asin(1 - 2 * y) / 3);
  return y;
}

export const within = (x, low, high) => Math.min(Math.max(x, low), high);

export function clamp(row, value) {
  value = within(value, row.minimum, row.maximum);
  if (row.step) value = row.minimum + Math.round((value - row.minimum) / row.step) * row.step;
  return value;
}

export function valueAt(row, position) {
  const bent = shape(row.curve, within(position, 0, 1));
  return clamp(row, row.minimum + bent * (row.maximum - row.minimum));
}

export function positionOf(row, value) {
  const bent = (within(value, row.minimum, row.maximum) - row.minimum) / (row.maximum - row.minimum);
  return unshape(row.curve, bent);
}

// Where the bar begins: in the middle where there is a zero between the ends.
export const origin = (row) => (row.minimum < 0 && row.maximum > 0 ? positionOf(row, 0) : 0);

export function digits(row, value) {
  const span = row.maximum - row.minimum;
  const places = row.step && Number.isInteger(row.step) ? 0 : span > 400 ? 1 : span > 20 ? 1 : 2;
  const text = (Math.abs(value) < 0.5 * 10 ** -places ? 0 : value).toFixed(places);
  return text.replace("-", "−");
}

export const unit = (row) => (row.unit === "seed" ? "" : row.unit);

export const words = (name) => {
  const text = name.replaceAll("_", " ").replaceAll(".", " ").replace(/\b(bpm|osc|midi|lfo|fx)\b/gi, (short) => short.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
};

// The number in a name, and the name without it, which its family shares: "modulation.3.depth".
export function numbered(name) {
  const found = name.match(/^(.*)\.(\d+)(\..*)?$/);
  return found ? { family: found[1] + (found[3] ?? ""), number: found[2] } : { family: "", number: "" };
}

// A row's name within its group's card.
export const label = (row) => words(row.name === row.group ? row.name : row.name.slice(row.group.length + 1) || row.name);

// The steps of a parameter that has few, each with its word if the help says one: "0 off, 1 on."
export function steps(row) {
  if (!row.step) return [];
  const count = Math.round((row.maximum - row.minimum) / row.step) + 1;
  if (count > 9) return [];
  const said = new Map();
  for (const [, number, word] of row.help.matchAll(/(?:^|[,;:] )(-?\d+) (?!to \d)([^,;.]+)/g)) said.set(Number(number), word.trim());
  return Array.from({ length: count }, (_, i) => {
    const value = row.minimum + i * row.step;
    return { value, word: said.get(value) ?? String(value) };
  });
}
