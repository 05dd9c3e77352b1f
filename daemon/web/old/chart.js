// The chart: change since the first price of the source group, its members and the targets, with
// the alerts as bands. Drawn on a canvas by hand.
import * as f from "./format.js";

const maxRows = 9000;

/** The past of the shown series by column; grows by rows of state. */
export class Past {
  constructor() {
    this.ts = [];
    this.series = new Map(); // name → {kind, values}
  }

  /** Columns in drawing order: members under the rest. */
  static columns(state) {
    const group = state.groups.find((g) => g.name === state.source_group);
    return [
      ...(group ? group.members.map((name) => ({name, kind: "member"})) : []),
      ...(group ? [{name: group.name, kind: "group"}] : []),
      ...state.targets.map((t, i) => ({name: t.symbol, kind: `target-${i}`})),
    ];
  }

  load(state, history) {
    this.ts = history ? history.ts.map((t) => Date.parse(t)) : [];
    this.series = new Map();
    for (const {name, kind} of Past.columns(state)) {
      const column = history && (kind === "group" ? history.groups[name] : history.instruments[name]);
      this.series.set(name, {kind, values: column ? column.return_since_open.slice() : this.ts.map(() => null)});
    }
  }

  append(state) {
    const now = f.milliseconds(state.now);
    if (now === null || state.since === null) return;
    const latest = new Map([
      ...state.instruments.map((row) => [row.symbol, row.return_since_open]),
      ...state.groups.filter((row) => row.name === state.source_group).map((row) => [row.name, row.return_since_open]),
    ]);
    const last = this.ts[this.ts.length - 1];
    if (last !== undefined && now < last) return;
    const again = now === last;
    if (!again) this.ts.push(now);
    for (const [name, {values}] of this.series) {
      if (again) values.pop();
      values.push(latest.get(name) ?? null);
    }
    if (this.ts.length > maxRows) {
      this.ts.shift();
      for (const {values} of this.series.values()) values.shift();
    }
  }
}

/** A step of 1, 2 or 5 times a power of ten that divides `range` into at most `parts`. */
function niceStep(range, parts) {
  const rough = range / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
}

const timeSteps = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map((s) => s * 1000);

export class Chart {
  constructor(canvas, tip, legend) {
    this.canvas = canvas;
    this.tip = tip;
    this.legend = legend;
    this.past = new Past();
    this.alerts = [];
    this.notes = []; // what people noted: {time, text}
    this.pointer = null;
    this.scheduled = false;
    new ResizeObserver(() => this.schedule()).observe(canvas.parentElement);
    canvas.addEventListener("pointermove", (event) => {
      this.pointer = event.offsetX;
      this.schedule();
    });
    canvas.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.schedule();
    });
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.schedule());
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  colour(name) {
    return getComputedStyle(this.canvas).getPropertyValue(`--${name}`).trim();
  }

  showLegend() {
    const nodes = [];
    let members = 0;
    for (const [name, {kind}] of this.past.series) {
      if (kind === "member" && members++ > 0) continue;
      const entry = document.createElement("span");
      entry.className = `key ${kind}`;
      entry.textContent = kind === "member" ? "its members" : name;
      nodes[kind === "member" ? "push" : "unshift"](entry);
    }
    const band = document.createElement("span");
    band.className = "key band";
    band.textContent = "alert open";
    this.legend.replaceChildren(...nodes.sort((a, b) => order(a) - order(b)), band);
  }

  draw() {
    const {ts, series} = this.past;
    const box = this.canvas.parentElement.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * scale);
    this.canvas.height = Math.round(box.height * scale);
    const g = this.canvas.getContext("2d");
    g.scale(scale, scale);
    document.getElementById("chart-empty").hidden = ts.length > 0;
    if (ts.length === 0 || box.width < 80) return;

    const narrow = box.width < 520;
    const area = {left: 46, right: box.width - (narrow ? 66 : 84), top: 10, bottom: box.height - 36};
    const t0 = ts[0], t1 = Math.max(ts[ts.length - 1], t0 + 60000);
    let low = 0, high = 0;
    for (const {values} of series.values())
      for (const v of values)
        if (v !== null) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
    const pad = Math.max(0.002, (high - low) * 0.06);
    low -= pad;
    high += pad;
    const x = (t) => area.left + ((t - t0) / (t1 - t0)) * (area.right - area.left);
    const y = (v) => area.bottom - ((v - low) / (high - low)) * (area.bottom - area.top);
    const ink = {grid: this.colour("grid"), quiet: this.colour("quiet"), text: this.colour("text"), panel: this.colour("panel")};

    this.drawBands(g, area, x, t0, t1);
    this.drawAxes(g, area, x, y, {t0, t1, low, high}, ink, narrow);
    const ends = [];
    for (const [name, {kind, values}] of series) {
      g.strokeStyle = this.colour(kind);
      g.lineWidth = kind === "member" ? 1 : kind === "group" ? 2.5 : 2;
      g.globalAlpha = kind === "member" ? 0.55 : 1;
      this.drawLine(g, ts, values, x, y);
      g.globalAlpha = 1;
      const last = values[values.length - 1];
      if (kind !== "member" && last !== null && last !== undefined) ends.push({name, kind, value: last, y: y(last)});
    }
    this.drawEnds(g, area, ends);
    this.drawNotes(g, area, x, t0, t1, ink);
    this.drawPointer(g, area, x, y, t0, t1, ink);
    this.canvas.setAttribute("aria-label",
      "Change since the first price: " + ends.map((e) => `${e.name} ${f.percent(e.value)}`).join(", "));
  }

  /** At most one point a pixel column and its extremes: a day of bars must not cost a frame. */
  drawLine(g, ts, values, x, y) {
    g.lineJoin = "round";
    g.beginPath();
    let column = null, down = false;
    for (let i = 0; i < ts.length; ++i) {
      const v = values[i];
      if (v === null) {
        down = false;
        continue;
      }
      const px = x(ts[i]), py = y(v);
      if (down && column !== null && i < ts.length - 1 && px - column.x < 0.5 && py <= column.high && py >= column.low) continue;
      if (down) g.lineTo(px, py);
      else g.moveTo(px, py);
      column = column !== null && down && px - column.x < 0.5
        ? {x: column.x, low: Math.min(column.low, py), high: Math.max(column.high, py)} : {x: px, low: py, high: py};
      down = true;
    }
    g.stroke();
  }

  drawBands(g, area, x, t0, t1) {
    for (const {data} of this.alerts) {
      const from = f.milliseconds(data.detected_at), to = f.milliseconds(data.ended_at) ?? t1;
      if (from === null || to < t0 || from > t1) continue;
      const left = x(Math.max(from, t0)), right = Math.max(x(Math.min(to, t1)), left + 2);
      g.fillStyle = this.colour("band");
      g.fillRect(left, area.top, right - left, area.bottom - area.top);
      if (from < t0) continue;
      g.fillStyle = g.strokeStyle = this.colour(data.severity === "critical" ? "contagion" : "elevated");
      g.lineWidth = 1.5;
      g.beginPath();
      g.moveTo(left, area.top);
      g.lineTo(left, area.bottom);
      g.stroke();
      g.beginPath();
      g.moveTo(left, area.top);
      g.lineTo(left + 9, area.top + 5);
      g.lineTo(left, area.top + 10);
      g.fill();
    }
  }

  drawAxes(g, area, x, y, {t0, t1, low, high}, ink, narrow) {
    g.font = "11px system-ui, sans-serif";
    g.lineWidth = 1;
    g.textBaseline = "middle";
    g.textAlign = "right";
    const step = niceStep(high - low, (area.bottom - area.top) / 44);
    const decimals = step < 0.01 ? (step < 0.001 ? 2 : 1) : 0;
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      const zero = Math.abs(v) < step / 2;
      g.strokeStyle = zero ? ink.quiet : ink.grid;
      g.beginPath();
      g.moveTo(area.left, Math.round(y(v)) + 0.5);
      g.lineTo(area.right, Math.round(y(v)) + 0.5);
      g.stroke();
      g.fillStyle = ink.quiet;
      g.fillText(f.percent(zero ? 0 : v, decimals), area.left - 6, y(v));
    }
    g.textAlign = "center";
    const width = narrow ? 74 : 92;
    const every = timeSteps.find((s) => ((t1 - t0) / s) * width <= area.right - area.left) || timeSteps[timeSteps.length - 1];
    for (let t = Math.ceil(t0 / every) * every; t <= t1; t += every) {
      const kind = every < 60000 ? "" : "Minute";
      g.fillStyle = ink.text;
      g.fillText(f.time(t, "ny" + kind), x(t), area.bottom + 13);
      g.fillStyle = ink.quiet;
      g.fillText(f.time(t, "utc" + kind), x(t), area.bottom + 27);
    }
    g.textAlign = "left";
    g.fillStyle = ink.text;
    g.fillText("NY", area.left - 40, area.bottom + 13);
    g.fillStyle = ink.quiet;
    g.fillText("UTC", area.left - 40, area.bottom + 27);
  }

  /** Names at the lines' ends, moved apart where they would cover each other. */
  drawEnds(g, area, ends) {
    ends.sort((a, b) => a.y - b.y);
    const apart = 26;
    for (let i = 0; i < ends.length; ++i)
      ends[i].at = Math.max(ends[i].y, i > 0 ? ends[i - 1].at + apart : area.top + 8);
    for (let i = ends.length - 1, limit = area.bottom - 12; i >= 0; --i, limit -= apart)
      ends[i].at = Math.min(ends[i].at, limit);
    g.textAlign = "left";
    for (const end of ends) {
      g.fillStyle = this.colour(end.kind);
      g.beginPath();
      g.arc(area.right, end.y, 3, 0, 7);
      g.fill();
      g.font = "600 12px system-ui, sans-serif";
      g.fillText(end.name, area.right + 8, end.at - 6, 76);
      g.font = "12px system-ui, sans-serif";
      g.fillText(f.percent(end.value), area.right + 8, end.at + 8, 76);
    }
  }

  /** Each note a line with a dot at its foot; its first words where they hide nobody else's. */
  drawNotes(g, area, x, t0, t1, ink) {
    const shown = this.notes.map(({time, text}) => ({t: Date.parse(time), text})).filter(({t}) => t >= t0 && t <= t1)
      .sort((a, b) => a.t - b.t);
    g.font = "12px system-ui, sans-serif";
    g.textAlign = "left";
    g.fillStyle = g.strokeStyle = this.colour("over");
    g.lineWidth = 1;
    for (const [i, {t, text}] of shown.entries()) {
      const at = x(t);
      g.setLineDash([2, 4]);
      g.beginPath();
      g.moveTo(at, area.top);
      g.lineTo(at, area.bottom);
      g.stroke();
      g.setLineDash([]);
      g.beginPath();
      g.arc(at, area.bottom, 4, 0, 7);
      g.fill();
      const room = (i + 1 < shown.length ? x(shown[i + 1].t) : area.right) - at - 10;
      if (room < 40) continue;
      const words = clipped(text, 32);
      g.globalAlpha = 0.85;
      g.fillStyle = ink.panel;
      g.fillRect(at + 5, area.bottom - 20, Math.min(room, g.measureText(words).width) + 4, 16);
      g.globalAlpha = 1;
      g.fillStyle = this.colour("over");
      g.fillText(words, at + 7, area.bottom - 12, room);
    }
  }

  drawPointer(g, area, x, y, t0, t1, ink) {
    const {ts, series} = this.past;
    if (this.pointer === null || this.pointer < area.left || this.pointer > area.right) {
      this.tip.hidden = true;
      return;
    }
    const t = t0 + ((this.pointer - area.left) / (area.right - area.left)) * (t1 - t0);
    let low = 0, high = ts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ts[middle] < t) low = middle + 1;
      else high = middle;
    }
    const i = low > 0 && t - ts[low - 1] < ts[low] - t ? low - 1 : low;
    g.strokeStyle = ink.quiet;
    g.setLineDash([3, 3]);
    g.beginPath();
    g.moveTo(x(ts[i]), area.top);
    g.lineTo(x(ts[i]), area.bottom);
    g.stroke();
    g.setLineDash([]);
    const lines = [`${f.time(ts[i], "ny")} New York`, `${f.time(ts[i], "utc")} UTC`];
    const values = [...series].filter(([, s]) => s.values[i] !== null).sort((a, b) => b[1].values[i] - a[1].values[i])
      .map(([name, s]) => `${f.percent(s.values[i])}  ${name}`);
    const notes = this.notes.filter(({time}) => Math.abs(x(Date.parse(time)) - this.pointer) < 8).slice(0, 3)
      .map(({text}) => `● ${clipped(text, 60)}`);
    this.tip.textContent = [...lines, ...notes, ...values].join("\n");
    this.tip.hidden = false;
    const right = x(ts[i]) > (area.left + area.right) / 2;
    this.tip.style.left = right ? "auto" : `${x(ts[i]) + 12}px`;
    this.tip.style.right = right ? `${this.canvas.clientWidth - x(ts[i]) + 12}px` : "auto";
  }
}

/** At most so many characters; an emoji is not cut in half. */
function clipped(text, length) {
  const characters = [...text];
  return characters.length > length ? characters.slice(0, length - 1).join("") + "…" : text;
}

function order(node) {
  return ["group", "target-0", "target-1", "target-2", "target-3", "member"].findIndex((kind) => node.classList.contains(kind));
}
