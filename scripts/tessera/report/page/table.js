// SPDX-License-Identifier: Apache-2.0
// Rows of a plot: choosing, adding up, showing, saving.
"use strict";

const SHOWN_ROWS = 200;

const isNumber = (value) => typeof value === "number";

// Large numbers with thin spaces, fractions with four digits.
function numberText(value) {
  if (!isNumber(value)) return value === null ? "" : String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en").replace(/,/g, "\u2009");
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en").replace(/,/g, "\u2009")
    : String(Number(value.toPrecision(4)));
}

// Numbers inside texts count as numbers: "hart 0.2.1" comes before "hart 0.10.1".
const naturalOrder = new Intl.Collator("en", { numeric: true }).compare;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// A select with a label; options: [[value, text]].
function choice(label, options, chosen, onChange, name = label) {
  const select = element("select", { name, onchange: () => onChange(select.value) });
  for (const [value, text] of options) {
    select.append(element("option", { value, selected: value === chosen }, text));
  }
  return element("label", { class: "choice" }, label, select);
}

// {columns: [{name, label, unit}], rows: [[]]} with functions to narrow it.
class Table {
  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
    this.places = new Map(columns.map((column, place) => [column.name, place]));
  }

  has(name) { return this.places.has(name); }

  column(name) { return this.columns[this.places.get(name)]; }

  // "cycles issued" or "waiting time (cycles)".
  title(name) {
    const { label, unit } = this.column(name);
    return !unit || unit === label ? label : `${label} (${unit})`;
  }

  values(name) {
    const place = this.places.get(name);
    return this.rows.map((row) => row[place]);
  }

  distinct(name) { return [...new Set(this.values(name))]; }

  // Rows whose columns have the chosen values; other columns than filters choose nothing.
  where(chosen) {
    const tests = Object.entries(chosen)
      .filter(([name]) => this.has(name) && this.column(name).filter)
      .map(([name, value]) => [this.places.get(name), value]);
    if (!tests.length) return this;
    return new Table(this.columns,
      this.rows.filter((row) => tests.every(([place, value]) => String(row[place]) === value)));
  }

  only(name, value) {
    const place = this.places.get(name);
    return new Table(this.columns, this.rows.filter((row) => row[place] === value));
  }

  // Adds numbers up over all rows that agree in the columns `kept`; other texts are left out.
  addedUp(kept) {
    const keys = kept.filter((name) => this.has(name)).map((name) => this.places.get(name));
    const keyed = new Set(keys);
    const sums = this.columns.map((column, place) => place)
      .filter((place) => !keyed.has(place) && this.rows.some((row) => isNumber(row[place])));
    const groups = new Map();
    for (const row of this.rows) {
      const key = keys.map((place) => row[place]).join("\u0000");
      const known = groups.get(key);
      if (known) sums.forEach((place, index) => { known[keys.length + index] += row[place]; });
      else groups.set(key, [...keys, ...sums].map((place) => row[place]));
    }
    return new Table([...keys, ...sums].map((place) => this.columns[place]), [...groups.values()]);
  }

  csv() {
    const quoted = (value) => {
      const text = value === null ? "" : String(value);
      return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
    };
    const header = this.columns.map((column) => quoted(this.title(column.name)));
    return [header, ...this.rows.map((row) => row.map(quoted))].map((row) => row.join(",") + "\n")
      .join("");
  }
}

// Shows a Table in `place`; headings sort, long ones are cut until asked for.
function showTable(place, table, name) {
  let rows = table.rows;
  let isWhole = rows.length <= SHOWN_ROWS;
  let sorted = null;
  const isNumeric = table.columns.map((_, index) => rows.some((row) => isNumber(row[index])));

  function sortBy(index) {
    const direction = sorted === index ? -1 : 1;
    sorted = direction === 1 ? index : null;
    rows = [...rows].sort((a, b) => direction * (isNumeric[index]
      ? (a[index] ?? -Infinity) - (b[index] ?? -Infinity)
      : naturalOrder(String(a[index]), String(b[index]))));
    draw();
  }

  function save() {
    const link = element("a", { download: `${name}.csv`,
      href: URL.createObjectURL(new Blob([table.csv()], { type: "text/csv" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function draw() {
    const head = element("tr", {}, ...table.columns.map((column, index) => element("th", {
      class: isNumeric[index] ? "number" : "", scope: "col", tabindex: 0, title: "sort",
      onclick: () => sortBy(index),
      onkeydown: (event) => { if (event.key === "Enter") sortBy(index); },
    }, column.label, ...(column.unit ? [element("small", {}, column.unit)] : []))));
    const body = (isWhole ? rows : rows.slice(0, SHOWN_ROWS)).map((row) => element("tr", {},
      ...row.map((value, index) => element("td", { class: isNumeric[index] ? "number" : "" },
        numberText(value)))));
    const tools = element("div", { class: "table-tools" },
      `${numberText(rows.length)} rows${isWhole ? "" : `, the first ${SHOWN_ROWS} are shown`}`,
      ...(isWhole ? [] : [element("button", { type: "button",
        onclick: () => { isWhole = true; draw(); } }, "show all")]),
      element("button", { type: "button", onclick: save }, "save as CSV"));
    place.replaceChildren(tools, element("div", { class: "scroll", tabindex: 0 },
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...body))));
  }
  draw();
}
