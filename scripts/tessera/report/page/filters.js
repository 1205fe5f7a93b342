// SPDX-License-Identifier: Apache-2.0
// Filters of the page: one select per column that plots mark so, for all plots that have it.
"use strict";

const ALL = "\u0000all";

class Filters {
  // onChange: called when a choice has changed; onReset: before all choices are what they were.
  constructor(plots, place, onChange, onReset) {
    this.chosen = {};
    this.start = {}; // what is chosen at first: columns of which one value is always chosen
    const offered = new Map();
    for (const { table } of plots) {
      for (const column of table.columns.filter((each) => each.filter)) {
        const known = offered.get(column.name) ?? { column, values: new Set() };
        for (const value of table.distinct(column.name)) known.values.add(String(value));
        offered.set(column.name, known);
      }
    }
    for (const [name, { column, values }] of offered) {
      const options = [...values].filter((value) => value !== "");
      if (column.single) {
        this.chosen[name] = options[0];
      }
      if (options.length < 2) continue;
      if (!column.single) options.sort(naturalOrder);
      place.append(choice(column.label, [...(column.single ? [] : [[ALL, "all"]]),
        ...options.map((value) => [value, value])], column.single ? options[0] : ALL, (value) => {
        if (value === ALL) delete this.chosen[name];
        else this.chosen[name] = value;
        onChange();
      }, name));
    }
    this.start = { ...this.chosen };
    place.append(element("button", { type: "reset" }, "reset all choices"));
    place.addEventListener("reset", () => {
      this.chosen = { ...this.start };
      onReset();
      onChange();
    });
  }

  // The rows of a table that are chosen.
  of(table) {
    return table.where(this.chosen);
  }
}
