// SPDX-License-Identifier: Apache-2.0
// The page: sections of figures, each drawn when it comes into sight and when filters change.
"use strict";

const CONFIG = { displaylogo: false, responsive: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "toggleSpikelines", "autoScale2d"] };

class Figure {
  constructor(plot, filters) {
    this.plot = plot;
    this.filters = filters;
    this.isDrawn = false;
    this.options = { level: Object.keys(plot.levels)[0], share: Boolean(plot.encoding.share),
      sort: "given" };
    this.drawing = element("div", { class: "drawing" });
    this.remark = element("p", { class: "read remark" });
    this.data = element("div", { class: "data" });
    const isTable = plot.kind === "table";
    this.details = element("details", { class: "table", open: isTable },
      element("summary", {}, "Data"), this.data);
    this.details.addEventListener("toggle", () => this.fillTable());
    this.root = element("figure", { id: plot.id },
      element("figcaption", {}, element("h3", {}, plot.title),
        element("p", { class: "read" }, plot.read)),
      this.choices(), ...(isTable ? [] : [this.drawing, this.remark]),
      ...(plot.notes.length ? [element("ul", { class: "notes" },
        ...plot.notes.map((note) => element("li", {}, note)))] : []),
      this.details, ...this.evidence());
    this.start = { ...this.options };
  }

  // Has all choices of this figure as they were.
  reset() {
    this.options = { ...this.start };
    for (const option of this.root.querySelectorAll(".choices option")) {
      option.selected = option.defaultSelected;
    }
  }

  // Selects of this figure alone.
  choices() {
    const { plot } = this;
    const place = element("div", { class: "choices" });
    const offer = (label, key, values) => {
      if (values.length > 1) {
        place.append(choice(label, values, String(this.options[key] ?? values[0][0]), (value) => {
          this.options[key] = value === "true" ? true : value === "false" ? false : value;
          this.draw();
        }, key));
      }
    };
    const { encoding, table } = plot;
    const named = (names) => names.map((name) => [name, table.column(name).label]);
    offer("one per", "level", Object.keys(plot.levels).map((level) => [level, level]));
    if (encoding.share) {
      offer("as", "share", [["true", "shares"], ["false", table.column(encoding.values[0]).unit]]);
    }
    if (plot.kind === "heat") offer("value", "value", named(encoding.values));
    if (plot.kind === "lines") offer("value", "value", named(encoding.y));
    if (plot.kind === "bars") {
      offer("order", "sort", [["given", "by place"], ["total", "largest first"],
        ...(encoding.series ? [] : named(encoding.values)
          .map(([name, text]) => [name, `most ${text}`]))]);
    }
    for (const [key, names] of Object.entries(encoding.choices ?? {})) {
      this.options[key] = encoding[key];
      offer(key === "series" ? "colour" : key, key, named(names));
    }
    return place;
  }

  evidence() {
    if (!this.plot.evidence.length) return [];
    const count = (status) => this.plot.evidence.filter((each) => each.status === status).length;
    const badges = ["validated", "assumption", "given"].filter(count)
      .map((status) => element("span", { class: `badge ${status}` }, status));
    return [element("details", { class: "rests" },
      element("summary", {}, "What the numbers rest on: ", ...badges),
      element("ul", { class: "evidence" }, ...this.plot.evidence.map((each) => element("li", {},
        element("span", { class: `badge ${each.status}` }, each.status),
        `${each.what}${each.runs ? ` (${each.runs})` : ""}: ${each.text}. ` +
        `Source: ${each.source}`))))];
  }

  // The table as it is drawn: filtered, and added up to the level.
  shown() {
    const table = this.filters.of(this.plot.table);
    const level = this.plot.levels[this.options.level];
    return level ? table.addedUp(level) : table;
  }

  draw() {
    this.isDrawn = true;
    const table = this.shown();
    this.fillTable(table);
    if (this.plot.kind === "table") return;
    this.drawing.querySelectorAll(".js-plotly-plot").forEach((each) => Plotly.purge(each));
    this.remark.textContent = "";
    if (this.plot.kind === "gantt") {
      this.charts = showTimelines(this.plot, table, this.drawing, this.filters.chosen);
      return;
    }
    const panels = table.rows.length ? DRAW[this.plot.kind](this.plot, table,
      { ...this.options, chosen: this.filters.chosen }) : [];
    if (!panels.some((panel) => panel.data.length)) {
      this.drawing.replaceChildren(element("p", { class: "empty" }, table.rows.length
        ? "all values are 0" : "nothing here with these filters"));
      return;
    }
    const wanted = this.plot.kind === "heat" ? table.distinct("run").length
      : this.plot.encoding.panel ? table.distinct(this.plot.encoding.panel).length : 1;
    this.remark.textContent = panels[0].note
      || (panels.length < wanted ? `${panels.length} of ${wanted} are drawn; choose one` : "");
    const places = panels.map(() => element("div"));
    this.drawing.replaceChildren(element("div", { class: panels.length > 1 ? "panels" : "" },
      ...panels.map((panel, index) => element("div", { class: "panel" },
        ...(panel.title ? [element("h4", {}, panel.title)] : []), places[index]))));
    panels.forEach(({ data, layout: look }, index) =>
      Plotly.newPlot(places[index], data, look, CONFIG));
  }

  fillTable(table = null) {
    if (this.details.open) showTable(this.data, table ?? this.shown(), this.plot.id);
    else this.data.replaceChildren();
  }
}

// Text that html.py has packed into an element.
async function unpacked(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

async function main() {
  document.head.append(element("script", {}, await unpacked("library")));
  const figures = build(JSON.parse(await unpacked("data")));
  drawWhenSeen(figures);
  const drawAll = () => figures.forEach((figure) => { if (!figure.isDrawn) figure.draw(); });
  window.addEventListener("beforeprint", drawAll);
  window.report = { figures, drawAll };
}

function build(content) {
  const plots = content.plots
    .map((plot) => ({ ...plot, table: new Table(plot.columns, plot.rows) }));
  document.querySelector("h1").textContent = content.title;
  document.getElementById("facts").textContent = content.facts.join(", ");
  const figures = [];
  const filters = new Filters(plots.filter((plot) => plot.id !== "evidence"),
    document.getElementById("filters"),
    () => figures.forEach((figure) => { if (figure.isDrawn) figure.draw(); }),
    () => figures.forEach((figure) => figure.reset()));
  const sections = new Map();
  const sectionOf = (name) => {
    if (!sections.has(name)) {
      const id = `section-${sections.size}`;
      const section = element("section", { id }, element("h2", {}, name));
      document.getElementById("sections").append(section);
      document.getElementById("contents").append(element("li", {},
        element("a", { href: `#${id}` }, name)));
      sections.set(name, section);
    }
    return sections.get(name);
  };
  for (const plot of plots.filter((each) => each.id !== "evidence")) {
    figures.push(new Figure(plot, filters));
    sectionOf(plot.section).append(figures.at(-1).root);
  }
  for (const each of content.missing) {
    sectionOf(each.section).append(element("p", { class: "missing" },
      element("strong", {}, `${each.title}: `), each.how));
  }
  const evidence = plots.find((plot) => plot.id === "evidence");
  figures.push(new Figure(evidence, filters));
  sectionOf(evidence.section).append(figures.at(-1).root);
  return figures;
}

function drawWhenSeen(figures) {
  const byRoot = new Map(figures.map((figure) => [figure.root, figure]));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !byRoot.get(target).isDrawn) byRoot.get(target).draw();
    }
  }, { rootMargin: "400px" });
  figures.forEach((figure) => observer.observe(figure.root));
}

main().catch((error) => {
  document.getElementById("sections").append(element("p", { class: "empty" },
    `This browser cannot show the report: ${error}`));
  throw error;
});
