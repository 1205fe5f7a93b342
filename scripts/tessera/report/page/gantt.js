// SPDX-License-Identifier: Apache-2.0
// What harts and devices do over time, as bars on tracks.
"use strict";

const MAX_SLICES = 5000;
const MAX_TRACKS = 60;
const QUIET = new Map([["asleep", "#e9edf1"], ["short calls", "#aab4bd"]]);

// "job 3" and "job 4" are both jobs.
const kindOf = (activity) => activity.replace(/ \d+$/, "");

function gantt(plot, table) {
  const { encoding } = plot;
  const place = (name) => table.places.get(name);
  const [pr, pg, pt, pb, pd, pa] = ["run", "group", encoding.track, encoding.begin,
    encoding.duration, encoding.activity].map(place);
  const isOfRuns = table.distinct("run").length > 1;
  const trackOf = (run, track) => isOfRuns ? `${run} \u00b7 ${track}` : track;
  const tracks = new Map();
  for (const row of table.rows) {
    const name = trackOf(row[pr], row[pt]);
    const known = tracks.get(name) ?? { name, run: row[pr], isDevice: row[pg] === "", rows: [] };
    known.rows.push(row);
    tracks.set(name, known);
  }
  const drawn = chooseTracks([...tracks.values()]);
  const rows = drawn.flatMap((track) => track.rows);
  const colours = activityColours(drawn, pa, pd);
  const data = [...colours].map(([kind, color]) => {
    const own = rows.filter((row) => (colours.has(kindOf(row[pa])) ? kindOf(row[pa]) : "other") === kind);
    return { type: "bar", orientation: "h", name: kind, width: 0.8, textposition: "none",
      y: own.map((row) => trackOf(row[pr], row[pt])), base: own.map((row) => row[pb]),
      x: own.map((row) => row[pd]), text: own.map((row) => row[pa]),
      marker: { color, line: { width: 0 } },
      hovertemplate: "%{text}<br>%{y}<br>from %{base}, %{x} cycles<extra></extra>" };
  }).filter((trace) => trace.y.length);
  const names = drawn.map((track) => track.name);
  data.push(...arrows(encoding.flows, names, trackOf));
  const end = rows.reduce((latest, row) => Math.max(latest, row[pb] + row[pd]), 1);
  return [{ data, note: drawn.length < tracks.size ? `${drawn.length} of ${tracks.size} tracks are ` +
    "drawn; choose a run, group or tile for the others" : "",
  layout: layout(axis("time (cycles)", { range: [0, end] }),
    axis("", { type: "category", categoryorder: "array", categoryarray: [...names].reverse(),
      tickmode: "array", tickvals: names, ticktext: names, range: [-0.6, names.length - 0.4] }),
    { barmode: "overlay", height: 150 + 17 * names.length, showlegend: true }) }];
}

// All devices, then harts of every run by turns, as many as can be drawn and read.
function chooseTracks(tracks) {
  const turns = new Map();
  const turnOf = (track) => {
    const turn = turns.get(track.run) ?? 0;
    turns.set(track.run, turn + 1);
    return turn;
  };
  const order = [...tracks.filter((track) => track.isDevice),
    ...tracks.filter((track) => !track.isDevice).map((track) => [turnOf(track), track])
      .sort((a, b) => a[0] - b[0]).map(([, track]) => track)];
  const kept = new Set();
  let count = 0;
  for (const track of order) {
    if (kept.size && (count + track.rows.length > MAX_SLICES || kept.size >= MAX_TRACKS)) continue;
    kept.add(track);
    count += track.rows.length;
  }
  return tracks.filter((track) => kept.has(track)).sort((a, b) => b.isDevice - a.isDevice);
}

// {kind of activity: colour}, what devices do first, then what harts spend most time in.
function activityColours(tracks, activity, duration) {
  const time = new Map();
  for (const { rows, isDevice } of tracks) {
    for (const row of rows) {
      const kind = kindOf(row[activity]);
      time.set(kind, (time.get(kind) ?? 0) + row[duration] + (isDevice ? 1e12 : 0));
    }
  }
  const loud = [...time].filter(([kind]) => !QUIET.has(kind)).sort((a, b) => b[1] - a[1])
    .slice(0, COLOURS.length).map(([kind], index) => [kind, colourOf(index)]);
  return new Map([...loud, ...QUIET, ["other", REST]]);
}

// One thin line per step of a flow between tracks that are drawn.
function arrows(flows, names, trackOf) {
  const known = new Set(names);
  const x = [], y = [];
  for (const [run, one, begin, other, end] of flows) {
    const [from, to] = [trackOf(run, one), trackOf(run, other)];
    if (!known.has(from) || !known.has(to)) continue;
    x.push(begin, end, null);
    y.push(from, to, null);
  }
  return x.length ? [{ type: "scatter", mode: "lines", name: "order and end", x, y,
    hoverinfo: "skip", line: { color: "#1b2733", width: 0.7 }, opacity: 0.6 }] : [];
}
