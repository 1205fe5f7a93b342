// SPDX-License-Identifier: Apache-2.0
// From a plot and its filtered table to what Plotly draws: {data, layout} panels.
"use strict";

// Okabe and Ito's colours: told apart with every kind of colour vision; grey is for what is left.
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a900",
  "#3b3b3b", "#7f3c8d", "#8c6d46"];
const REST = "#c4cad0";
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star", "cross", "pentagon"];
const MAX_PANELS = 12;
const MAX_SERIES = 10; // of numbers: beyond, a scale of colours tells them
const FONT = { family: "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", size: 12,
  color: "#1b2733" };
const LEGEND = { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 };
// Parts that have the same colour everywhere.
const PARTS = { asleep_cycles: "#dfe5ea", idle: "#dfe5ea", other: REST,
  instructions: "#009e73", compute_cycles: "#009e73" };

const colourOf = (index) => COLOURS[index % COLOURS.length];

function axis(title, more = {}) {
  return { title: { text: title, standoff: 8 }, automargin: true, gridcolor: "#e6eaee",
    zerolinecolor: "#c4cad0", separatethousands: true, exponentformat: "none", ...more };
}

function layout(x, y, more = {}) {
  return { xaxis: x, yaxis: y, font: FONT, margin: { l: 60, r: 20, t: 30, b: 50 }, height: 380,
    paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", hovermode: "closest",
    separators: ".\u2009", // as in tables
    legend: LEGEND, ...more };
}

// Words for a row: those of its columns `names` that differ within the table.
function namer(table, names) {
  const places = names.filter((name) => table.has(name) && table.distinct(name).length > 1)
    .map((name) => table.places.get(name));
  const all = names.filter((name) => table.has(name)).map((name) => table.places.get(name));
  const used = places.length ? places : all.slice(-1);
  return (row) => used.map((place) => row[place]).filter((text) => text !== "").join(" \u00b7 ");
}

// "run, tile": what namer() writes.
function namesTitle(table, names) {
  const used = names.filter((name) => table.has(name) && table.distinct(name).length > 1);
  const shown = used.length ? used : names.filter((name) => table.has(name)).slice(-1);
  return shown.map((name) => table.column(name).label).join(" \u00b7 ");
}

// Finest columns imply the coarser ones: a hart's name says its tile and group.
function finest(table, names) {
  const places = ["group", "tile", "hart"]
    .filter((name) => table.has(name) && names.includes(name));
  return names.filter((name) => !places.slice(0, -1).includes(name));
}

// Bars: parts on top of each other, or series side by side.
function bars(plot, table, options) {
  const { encoding } = plot;
  const names = finest(table, encoding.category);
  const name = namer(table, names);
  let rows = table.rows;
  const values = encoding.values.filter((each) => table.has(each));
  const places = values.map((value) => table.places.get(value));
  const total = (row) => places.reduce((sum, place) => sum + (row[place] ?? 0), 0);
  if (options.sort !== "given") {
    const place = table.places.get(options.sort);
    const size = options.sort === "total" ? total : options.share
      ? (row) => row[place] / (total(row) || 1) : (row) => row[place];
    rows = [...rows].sort((a, b) => size(b) - size(a));
  }
  const isWide = rows.length <= 24; // names fit beneath upright bars
  const series = encoding.series
    ? table.distinct(encoding.series).map((value) => [value, rows.filter((row) =>
      row[table.places.get(encoding.series)] === value), places[0]])
    : values.map((value, index) => [table.column(value).label, rows, places[index], value]);
  const used = series.filter(([, own, place]) => encoding.series || own.some((row) => row[place]));
  const numbers = (own, place) => own.map((row) => options.share
    ? 100 * (row[place] ?? 0) / (total(row) || 1) : row[place]);
  const unit = table.column(values[0]).unit;
  const data = used.map(([text, own, place, value], index) => ({ type: "bar", name: String(text),
    x: own.map(name), y: numbers(own, place),
    marker: { color: PARTS[value] ?? colourOf(index + 4 * Boolean(PARTS[value])) },
    customdata: own.map((row) => numberText(row[place])),
    hovertemplate: `%{x}<br>${text}: %{customdata} ${unit}<extra></extra>` }));
  recolour(data, used);
  const title = options.share ? "share of the sum (%)"
    : encoding.series ? table.title(values[0]) : unit;
  return [{ data, layout: layout(
    axis(namesTitle(table, names), { type: "category", showticklabels: isWide || rows.length <= 64,
      tickangle: "auto" }),
    axis(title, { rangemode: "tozero", ...(options.share ? { range: [0, 100] } : {}) }),
    { barmode: encoding.series ? "group" : "stack", bargap: rows.length > 64 ? 0 : 0.2,
      showlegend: true }) }];
}

// Parts with a colour of their own keep it, the others get the rest in order.
function recolour(data, used) {
  const taken = new Set(used.map(([, , , value]) => PARTS[value]).filter(Boolean));
  const free = COLOURS.filter((colour) => !taken.has(colour));
  let next = 0;
  data.forEach((trace, index) => {
    trace.marker.color = PARTS[used[index][3]] ?? free[next++ % free.length];
  });
}

// A heat map per run.
function heat(plot, table, options) {
  const { encoding } = plot;
  const value = options.value ?? encoding.values[0];
  const y = encoding.y_of_level?.[options.level] ?? encoding.y;
  const orders = { ...(y === "bank" && encoding.bank_order ? { y: encoding.bank_order }
    : { y: encoding.y_order }), x: encoding.x_order };
  const largest = table.values(value).reduce((most, each) => Math.max(most, each), 0);
  const runs = table.distinct("run");
  return runs.slice(0, MAX_PANELS).map((run) => {
    const own = table.only("run", run);
    const xs = orders.x[run] ?? own.distinct(encoding.x).sort((a, b) => a - b);
    const shown = new Set(own.distinct(y));
    const isNarrowed = Object.keys(options.chosen).some((name) => ["tile", "group"].includes(name));
    const ys = (orders.y[run] ?? [...shown]).filter((each) => !isNarrowed || shown.has(each));
    const places = [encoding.x, y, value].map((name) => own.places.get(name));
    const columns = new Map(xs.map((each, index) => [String(each), index]));
    const lines = new Map(ys.map((each, index) => [String(each), index]));
    const z = ys.map(() => new Array(xs.length).fill(0));
    for (const row of own.rows) {
      const line = lines.get(String(row[places[1]])), column = columns.get(String(row[places[0]]));
      if (line !== undefined && column !== undefined) z[line][column] += row[places[2]];
    }
    const isTime = isNumber(xs[0]);
    return { title: runs.length > 1 ? run : "", data: [{ type: "heatmap", z,
      x: isTime ? xs : xs.map(String), y: ys.map(String), colorscale: "Cividis", zmin: 0,
      zmax: largest || 1,
      colorbar: { title: { text: table.column(value).unit, side: "right" }, thickness: 14 },
      hovertemplate: `${table.column(encoding.x).label} %{x}<br>${table.column(y).label} %{y}` +
        `<br>%{z} ${table.column(value).unit}<extra></extra>` }],
    layout: layout(axis(table.title(encoding.x), isTime ? {} : { type: "category" }),
      axis(table.title(y), { type: "category", autorange: "reversed" }),
      { height: Math.min(760, Math.max(300, 120 + 9 * ys.length)) }) };
  });
}

// Points, with lines of what is possible or of the front; a panel per value of a column.
function points(plot, table, options) {
  const { panel } = plot.encoding;
  const values = panel ? table.distinct(panel) : [];
  if (values.length < 2) return [pointPanel(plot, table, options)];
  return values.slice(0, MAX_PANELS).map((value) => ({ title: value,
    ...pointPanel(plot, table.only(panel, value), options) }));
}

function pointPanel(plot, table, options) {
  const { encoding } = plot;
  const x = options.x ?? encoding.x, y = options.y ?? encoding.y;
  const series = options.series ?? encoding.series;
  const name = namer(table, encoding.label);
  const [px, py, ps] = [x, y, series].map((each) => table.places.get(each));
  const all = encoding.front ? Object.keys(STATES)
    : plot.table.distinct(series).map(String).sort(naturalOrder);
  const hasText = Boolean(encoding.lines) && table.rows.length <= 16;
  const data = all.map((value, index) => {
    const own = table.rows.filter((row) => String(row[ps]) === value && row[py] !== null
      && row[px] !== null);
    return { type: "scatter", mode: hasText ? "markers+text" : "markers", name: value,
      x: own.map((row) => row[px]), y: own.map((row) => row[py]), text: own.map(name),
      textposition: "top center", textfont: { size: 11 }, marker: markerOf(value, index),
      hovertemplate: `%{text}<br>%{x}, %{y}<extra>${value}</extra>` };
  }).filter((trace) => trace.x.length);
  if (all.length > MAX_SERIES && all.every((value) => Number.isFinite(Number(value)))) {
    data.splice(0, data.length, scaled(data, table.title(series)));
  }
  if (encoding.front) data.unshift(...frontLine(table, encoding, x, y));
  data.push(...roofs(table, encoding, all));
  return { data, layout: layout(axisOf(plot, table, x), axisOf(plot, table, y),
    { height: encoding.panel ? 340 : 440, showlegend: true,
      ...(encoding.lines ? { legend: { orientation: "v" } }
        : encoding.front ? {} : { legend: { ...LEGEND, title: { text: `${table.title(series)}:` } } })
    }) };
}

// One trace of many, coloured by the numbers that are their names.
function scaled(traces, title) {
  const joined = (key) => traces.flatMap((trace) => trace[key]);
  return { type: "scatter", mode: "markers", x: joined("x"), y: joined("y"), text: joined("text"),
    marker: { color: traces.flatMap(({ name, x }) => x.map(() => Number(name))), size: 9,
      colorscale: "Cividis", colorbar: { title: { text: title, side: "right" }, thickness: 14 } },
    showlegend: false, hovertemplate: "%{text}<br>%{x}, %{y}<extra></extra>" };
}

// Points of a front stand out from those that it beats: colour, symbol, size.
const STATES = { best: ["#d55e00", "star", 16], front: ["#0072b2", "diamond", 11],
  dominated: ["#9aa7b4", "circle-open", 7], "breaks a constraint": ["#9aa7b4", "x-thin-open", 7] };

function markerOf(value, index) {
  const [color, symbol, size] = STATES[value]
    ?? [colourOf(index), SYMBOLS[index % SYMBOLS.length], 10];
  return { color, symbol, size, opacity: 0.85,
    line: { color: symbol.endsWith("open") ? color : "#ffffff", width: 1 } };
}

// Words stand at even distances in their natural order; so do a few values of a parameter.
function axisOf(plot, table, name) {
  const values = plot.table.distinct(name).filter((value) => value !== null);
  const isOfNumbers = values.every((value) => isNumber(value))
    || (values.length > MAX_SERIES && values.every((value) => Number.isFinite(Number(value))));
  if (!isOfNumbers) {
    return axis(table.title(name), { type: "category", categoryorder: "array",
      categoryarray: values.map(String).sort(naturalOrder) });
  }
  return axis(table.title(name), plot.encoding.is_log ? { type: "log", dtick: "D2" } : {});
}

// The line through the best point and the front, from left to right.
function frontLine(table, encoding, x, y) {
  const [px, py, ps] = [x, y, encoding.front].map((name) => table.places.get(name));
  const own = table.rows.filter((row) => ["front", "best"].includes(row[ps]))
    .sort((a, b) => a[px] - b[px] || b[py] - a[py]);
  return own.length < 2 ? [] : [{ type: "scatter", mode: "lines", name: "the front",
    x: own.map((row) => row[px]), y: own.map((row) => row[py]), hoverinfo: "skip",
    line: { color: "#0072b2", width: 1.5 } }];
}

// What is possible for the runs and devices that are shown.
function roofs(table, encoding, all) {
  const runs = new Set(table.has("run") ? table.values("run") : []);
  const shown = new Set(table.values(encoding.series).map(String));
  return (encoding.lines ?? [])
    .filter((line) => shown.has(line.series) && line.runs.some((run) => runs.has(run)))
    .map((line) => ({ type: "scatter", mode: "lines", x: line.x, y: line.y, hoverinfo: "name",
      name: `${line.name}: ${numberText(line.peak)} per cycle,<br>` +
        `${numberText(line.bandwidth)} bytes per cycle`,
      line: { color: colourOf(all.indexOf(line.series)), dash: "dash" } }));
}

// Lines over a column, one per series.
function lines(plot, table, options) {
  const { encoding } = plot;
  const y = options.value ?? encoding.y[0];
  const [px, py, ps] = [encoding.x, y, encoding.series].map((name) => table.places.get(name));
  const label = namer(table, ["run", encoding.series]);
  const groups = new Map();
  for (const row of table.rows) {
    const key = label(row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [{ data: [...groups].map(([name, rows], index) => ({ type: "scatter", name,
    mode: encoding.is_step || rows.length > 60 ? "lines" : "lines+markers",
    x: rows.map((row) => row[px]), y: rows.map((row) => row[py]),
    line: { color: colourOf(index), width: 2, shape: encoding.is_step ? "hv" : "linear",
      dash: ["solid", "dash", "dot"][Math.floor(index / COLOURS.length) % 3] },
    hovertemplate: `${name}<br>%{x}: %{y}<extra></extra>` })),
  layout: layout(axis(table.title(encoding.x)), axis(table.title(y), { rangemode: "tozero" }),
    { showlegend: true }) }];
}

// Timelines of the runs that are shown, each in a chart of its own; a group or tile narrows them.
function showTimelines(plot, table, place, chosen) {
  const [group, tile] = chosen.tile ? chosen.tile.split(".") : [chosen.group];
  const narrowed = tile !== undefined ? `group[${group}].tile[${tile}]`
    : group !== undefined ? `group[${group}].` : "";
  const runs = table.distinct("run");
  const places = runs.map(() => element("div", { class: "timeline" }));
  place.replaceChildren(...runs.flatMap((run, index) => [
    ...(runs.length > 1 ? [element("h4", {}, run)] : []), places[index]]));
  return runs.map((run, index) => {
    const chart = showGantt(places[index], plot.encoding.timelines[run]);
    chart.search.value = narrowed;
    chart.search.dispatchEvent(new Event("input"));
    return chart;
  });
}

const DRAW = { bars, heat, points, lines };
