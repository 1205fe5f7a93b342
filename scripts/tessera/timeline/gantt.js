// SPDX-License-Identifier: Apache-2.0
// Draws a timeline on a canvas: showGantt(element, data), data as page.py's model() makes it.
"use strict";

const kRowHeight = 15;
const kCounterHeight = 30;
const kLabelWidth = 300;
const kAxisHeight = 24;
const kSleep = "asleep";

/** First index whose value is above `limit`, in an ascending array. */
function above(values, limit) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > limit) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** A colour for each name, always the same. */
function colourOf(name) {
  if (name === kSleep) {
    return "#d9dde3";
  }
  let hash = 7;
  for (const character of name.replace(/[0-9]+/g, "")) {
    hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  }
  return `hsl(${(hash * 47) % 360} 55% ${68 + (hash % 3) * 5}%)`;
}

function withSeparators(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** A step of 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

class Gantt {
  constructor(element, data) {
    this.data = data;
    this.colours = data.strings.map(colourOf);
    this.end = Math.max(data.end, data.begin + 1);
    this.view = { begin: data.begin, end: this.end };
    this.scroll = 0;
    this.filter = "";
    this.chosen = null;
    this.build(element);
    this.listen();
    this.layOut();
    this.resize();
    element.dataset.ready = "yes";
  }

  build(element) {
    element.classList.add("gantt");
    element.innerHTML = `<div class="tools"><input type="search" placeholder="filter tracks">
      <button data-do="fit">all</button><button data-do="in">+</button>
      <button data-do="out">&minus;</button><span class="range"></span>
      <span class="help">drag: move; ctrl + wheel or w, s: zoom; a, d: left, right;
      shift + drag: measure; double click: zoom to a slice</span></div>
      <canvas tabindex="0"></canvas><div class="details">Click on a slice.</div>`;
    this.canvas = element.querySelector("canvas");
    this.details = element.querySelector(".details");
    this.range = element.querySelector(".range");
    this.search = element.querySelector("input");
    this.buttons = element.querySelectorAll("button");
    this.context = this.canvas.getContext("2d");
  }

  listen() {
    const canvas = this.canvas;
    window.addEventListener("resize", () => this.resize());
    this.search.addEventListener("input", () => {
      this.filter = this.search.value.toLowerCase();
      this.scroll = 0;
      this.layOut();
      this.draw();
    });
    const actions = { fit: () => this.show(this.data.begin, this.end),
                      in: () => this.zoom(0.5), out: () => this.zoom(2) };
    for (const button of this.buttons) {
      button.addEventListener("click", actions[button.dataset.do]);
    }
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("dblclick", (event) => this.zoomTo(this.sliceAt(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  // --- what is seen ---

  /** Rows from top to bottom: a heading per process, its counters and tracks. */
  layOut() {
    this.rows = [];
    let y = 0;
    const add = (row, height) => {
      this.rows.push({ ...row, y, height });
      y += height;
    };
    for (const process of this.data.processes) {
      const fits = (name) => `${process.name} ${name}`.toLowerCase().includes(this.filter);
      const counters = process.counters.filter((counter) => fits(counter.name));
      const tracks = process.tracks.filter((index) => fits(this.data.tracks[index].name));
      if (counters.length + tracks.length > 0) {
        add({ heading: process.name }, kRowHeight + 3);
        counters.forEach((counter) => add({ counter }, kCounterHeight));
        tracks.forEach((track) => add({ track }, this.data.tracks[track].depth * kRowHeight + 3));
      }
    }
    this.contentHeight = y;
    this.rowOfTrack = new Map(this.rows.filter((row) => row.track !== undefined)
      .map((row) => [row.track, row]));
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  x(cycle) {
    return kLabelWidth + (cycle - this.view.begin) / this.cyclesPerPixel();
  }

  cycleAt(x) {
    return this.view.begin + (x - kLabelWidth) * this.cyclesPerPixel();
  }

  cyclesPerPixel() {
    return (this.view.end - this.view.begin) / Math.max(this.width - kLabelWidth, 1);
  }

  y(row) {
    return row.y - this.scroll + kAxisHeight;
  }

  show(begin, end) {
    const span = Math.min(Math.max(end - begin, 10), this.end - this.data.begin);
    const first = Math.min(Math.max(begin, this.data.begin), this.end - span);
    this.view = { begin: first, end: first + span };
    this.draw();
  }

  zoom(factor, x = (kLabelWidth + this.width) / 2) {
    const cycle = this.cycleAt(x);
    this.show(cycle - (cycle - this.view.begin) * factor, cycle + (this.view.end - cycle) * factor);
  }

  move(pixels) {
    const cycles = pixels * this.cyclesPerPixel();
    this.show(this.view.begin + cycles, this.view.end + cycles);
  }

  scrollTo(y) {
    const most = Math.max(0, this.contentHeight + kAxisHeight - this.height);
    this.scroll = Math.min(Math.max(0, y), most);
  }

  // --- input ---

  wheel(event) {
    event.preventDefault();
    if (event.ctrlKey) {
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX);
    } else {
      this.scrollTo(this.scroll + event.deltaY);
      this.move(event.deltaX);
    }
  }

  press(event) {
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.pressed = { x: event.offsetX, y: event.offsetY, moved: false, measures: event.shiftKey };
    this.measured = null;
  }

  drag(event) {
    if (!this.pressed) {
      const slice = this.sliceAt(event);
      this.canvas.title = slice ? this.text(slice) : "";
      return;
    }
    const dx = event.offsetX - this.pressed.x;
    const dy = event.offsetY - this.pressed.y;
    this.pressed.moved = this.pressed.moved || Math.abs(dx) + Math.abs(dy) > 3;
    if (this.pressed.measures) {
      this.measured = [this.cycleAt(this.pressed.x), this.cycleAt(event.offsetX)].sort(
        (one, other) => one - other);
      this.draw();
    } else if (this.pressed.moved) {
      this.pressed.x = event.offsetX;
      this.pressed.y = event.offsetY;
      this.scrollTo(this.scroll - dy);
      this.move(-dx);
    }
  }

  release(event) {
    if (this.pressed && !this.pressed.moved) {
      this.choose(this.sliceAt(event));
    }
    this.pressed = null;
  }

  key(event) {
    const actions = { w: () => this.zoom(0.7), s: () => this.zoom(1.4), a: () => this.move(-100),
                      d: () => this.move(100), f: () => this.zoomTo(this.chosen) };
    if (actions[event.key] && !event.ctrlKey) {
      actions[event.key]();
    }
  }

  sliceAt(event) {
    const y = event.offsetY - kAxisHeight + this.scroll;
    const row = this.rows.find((one) => y >= one.y && y < one.y + one.height);
    if (!row || row.track === undefined || event.offsetX < kLabelWidth) {
      return null;
    }
    const track = this.data.tracks[row.track];
    const depth = Math.floor((y - row.y) / kRowHeight);
    const cycle = this.cycleAt(event.offsetX);
    const slack = this.cyclesPerPixel();
    for (let i = above(track.begin, cycle + slack) - 1; i >= 0; --i) {
      if (track.level[i] === depth) {
        return cycle <= track.end[i] + slack ? { track: row.track, index: i } : null;
      }
    }
    return null;
  }

  zoomTo(slice) {
    if (slice) {
      const { begin, end } = this.slice(slice);
      this.show(begin - (end - begin) * 0.2 - 5, end + (end - begin) * 0.2 + 5);
    }
  }

  // --- one slice ---

  slice({ track, index }) {
    const all = this.data.tracks[track];
    const { strings } = this.data;
    return { begin: all.begin[index], end: all.end[index], name: strings[all.label[index]],
             what: strings[all.what[index]], where: `${all.process} ${all.name}` };
  }

  text(place) {
    const slice = this.slice(place);
    return `${slice.name}${slice.what ? `: ${slice.what}` : ""}\n${slice.where}\n` +
      `cycles ${withSeparators(slice.begin)} to ${withSeparators(slice.end)}: ` +
      `${withSeparators(slice.end - slice.begin)}`;
  }

  /** Flows with a step inside the slice. */
  flowsOf({ track, index }) {
    const all = this.data.tracks[track];
    const isInside = ([where, cycle]) => where === track && cycle >= all.begin[index] &&
      cycle <= all.end[index];
    return this.data.flows.filter((steps) => steps.some(isInside));
  }

  choose(slice) {
    this.chosen = slice;
    this.details.textContent = slice ? this.text(slice) : "Click on a slice.";
    if (slice) {
      for (const steps of this.flowsOf(slice).slice(0, 20)) {
        this.details.textContent += "\n" + steps.map(([track, cycle]) => {
          const { process, name } = this.data.tracks[track];
          return `${process} ${name} @ ${withSeparators(cycle)}`;
        }).join("  ->  ");
      }
    }
    this.draw();
  }

  // --- drawing ---

  draw() {
    const { context } = this;
    context.clearRect(0, 0, this.width, this.height);
    context.font = "11px sans-serif";
    context.textBaseline = "middle";
    this.scrollTo(this.scroll);
    context.save();
    context.beginPath();
    context.rect(0, kAxisHeight, this.width, this.height);
    context.clip();
    this.drawGrid();
    for (const row of this.rows) {
      if (this.y(row) + row.height > kAxisHeight && this.y(row) < this.height) {
        this.drawRow(row);
      }
    }
    this.drawFlows();
    context.restore();
    this.drawAxis();
    const span = this.view.end - this.view.begin;
    this.range.textContent = `cycles ${withSeparators(this.view.begin)} to ` +
      `${withSeparators(this.view.end)}: ${withSeparators(span)}` +
      (this.measured ? `; measured ${withSeparators(this.measured[1] - this.measured[0])}` : "");
  }

  ticks() {
    const step = niceStep(90 * this.cyclesPerPixel());
    const ticks = [];
    for (let at = Math.ceil(this.view.begin / step) * step; at <= this.view.end; at += step) {
      ticks.push(at);
    }
    return ticks;
  }

  drawGrid() {
    this.context.fillStyle = "#eceff3";
    for (const tick of this.ticks()) {
      this.context.fillRect(this.x(tick), kAxisHeight, 1, this.height);
    }
  }

  drawAxis() {
    const { context } = this;
    context.fillStyle = "#f4f6f8";
    context.fillRect(0, 0, this.width, kAxisHeight);
    context.fillStyle = "#333";
    context.fillText("track", 8, kAxisHeight / 2);
    context.textAlign = "right";
    context.fillText("busy", kLabelWidth - 8, kAxisHeight / 2);
    context.textAlign = "left";
    for (const tick of this.ticks()) {
      const text = withSeparators(tick);
      const x = this.x(tick) + 3;
      if (x + context.measureText(text).width < this.width) {
        context.fillText(text, x, kAxisHeight / 2);
      }
    }
    if (this.measured) {
      const [begin, end] = this.measured.map((cycle) => this.x(cycle));
      context.fillStyle = "rgb(40 90 200 / 15%)";
      context.fillRect(begin, 0, end - begin, this.height);
    }
  }

  drawRow(row) {
    const { context } = this;
    const y = this.y(row);
    if (row.heading !== undefined) {
      context.fillStyle = "#e3e7ec";
      context.fillRect(0, y, this.width, row.height);
      context.fillStyle = "#1a1a1a";
      context.font = "bold 11px sans-serif";
      context.fillText(row.heading, 8, y + row.height / 2);
      context.font = "11px sans-serif";
    } else if (row.counter) {
      this.drawCounter(row.counter, y);
    } else {
      this.drawTrack(this.data.tracks[row.track], row, y);
    }
  }

  label(text, y, value = "") {
    this.context.fillStyle = "#333";
    this.context.fillText(text, 22, y + kRowHeight / 2 + 1, kLabelWidth - 80);
    this.context.textAlign = "right";
    this.context.fillText(value, kLabelWidth - 8, y + kRowHeight / 2 + 1);
    this.context.textAlign = "left";
  }

  drawCounter(counter, y) {
    const { context } = this;
    const base = y + kCounterHeight - 3;
    const scale = (kCounterHeight - 6) / Math.max(counter.most, 1);
    this.label(counter.name, y, `max ${withSeparators(counter.most)}`);
    context.fillStyle = "#e8a33d";
    const first = Math.max(above(counter.at, this.view.begin) - 1, 0);
    for (let i = first; i < counter.at.length && counter.at[i] < this.view.end; ++i) {
      const next = i + 1 < counter.at.length ? counter.at[i + 1] : this.end;
      const x = Math.max(this.x(counter.at[i]), kLabelWidth);
      const height = counter.value[i] * scale;
      context.fillRect(x, base - height, Math.max(this.x(next) - x, 0.5), height);
    }
  }

  drawTrack(track, row, y) {
    const { context } = this;
    const lastX = new Array(track.depth).fill(-1);
    let busy = 0;
    context.save();
    context.beginPath();
    context.rect(kLabelWidth, y, this.width - kLabelWidth, row.height);
    context.clip();
    for (let i = 0; i < track.begin.length && track.begin[i] < this.view.end; ++i) {
      if (track.end[i] < this.view.begin) {
        continue;
      }
      const level = track.level[i];
      const isAsleep = this.data.strings[track.label[i]] === kSleep;
      if (level === 0 || isAsleep) {
        const cycles = Math.min(track.end[i], this.view.end) -
          Math.max(track.begin[i], this.view.begin);
        busy += level === 0 ? (isAsleep ? 0 : cycles) : -cycles;
      }
      const right = this.x(track.end[i]);
      if (right > lastX[level] + 0.5) {
        this.drawSlice(track, i, Math.max(this.x(track.begin[i]), lastX[level]), right, y);
        lastX[level] = right;
      }
    }
    context.restore();
    const share = 100 * busy / (this.view.end - this.view.begin);
    this.label(track.name, y, share > 0 && share < 1 ? "< 1 %" : `${Math.round(share)} %`);
  }

  drawSlice(track, index, left, right, rowY) {
    const { context } = this;
    const y = rowY + track.level[index] * kRowHeight;
    const width = Math.max(right - left, 0.7);
    context.fillStyle = this.colours[track.label[index]];
    context.fillRect(left, y, width, kRowHeight - 1);
    if (width > 3) {
      context.fillStyle = "rgb(0 0 0 / 25%)";
      context.fillRect(right - 1, y, 1, kRowHeight - 1);
    }
    const visibleLeft = Math.max(left, kLabelWidth);
    const room = Math.min(right, this.width) - visibleLeft - 6;
    if (room > 24) {
      const name = this.data.strings[track.label[index]];
      const fitting = Math.floor(room / 6);
      context.fillStyle = "#1a1a1a";
      context.fillText(name.length > fitting ? `${name.slice(0, fitting - 1)}\u2026` : name,
                       visibleLeft + 3, y + kRowHeight / 2);
    }
    if (this.chosen && this.chosen.index === index &&
        this.data.tracks[this.chosen.track] === track) {
      context.strokeStyle = "#c00";
      context.lineWidth = 2;
      context.strokeRect(left + 1, y + 1, Math.max(width - 2, 1), kRowHeight - 3);
    }
  }

  /** Arrows of the chosen slice. */
  drawFlows() {
    const { context } = this;
    context.strokeStyle = "#c0392b";
    context.lineWidth = 1.3;
    for (const steps of this.chosen ? this.flowsOf(this.chosen) : []) {
      const places = steps.filter(([track]) => this.rowOfTrack.has(track)).map(
        ([track, cycle]) => [this.x(cycle), this.y(this.rowOfTrack.get(track)) + kRowHeight / 2]);
      for (let i = 1; i < places.length; ++i) {
        this.drawArrow(places[i - 1], places[i]);
      }
    }
  }

  drawArrow([fromX, fromY], [toX, toY]) {
    const { context } = this;
    const bend = Math.max(20, Math.abs(toX - fromX) / 3);
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.bezierCurveTo(fromX + bend, fromY, toX - bend, toY, toX, toY);
    context.moveTo(toX - 6, toY - 4);
    context.lineTo(toX, toY);
    context.lineTo(toX - 6, toY + 4);
    context.stroke();
  }
}

/** Fills `element`, which has a height of its own. */
function showGantt(element, data) {
  return new Gantt(element, data);
}
