import {defineConfig, type Plugin} from "vite";

declare const process: {env: Record<string, string | undefined>};

// The chart library without what no chart of the page uses: its own lines, bars and points, scatter,
// joining, scales of logarithms, its own legend, its own calendar. The page has a limit of size, and
// the whole library would be a quarter of it.

/** Each `from` stands in the library exactly once, or the build fails: another version is another text. */
const cuts: readonly {from: string; to: string}[] = [
  // Each series brings its own way of drawing its line, and no points.
  {from: "const linearPath = linear() ;", to: "const linearPath = null;"},
  {from: "const pointsPath = points() ;", to: "const pointsPath = null;"},
  {from: "let paths = uPlot.paths = {\n\t\tpoints,\n\t};", to: ""},
  {from: "uPlot.orient   = orient;", to: ""},
  {from: "uPlot.addGap = addGap;", to: ""},
  {from: "uPlot.clipGaps = clipGaps;", to: ""},
  {from: "(paths.linear  = linear);", to: ""},
  {from: "(paths.stepped = stepped);", to: ""},
  {from: "(paths.bars    = bars);", to: ""},
  {from: "(paths.spline  = monotoneCubic);", to: ""},
  // Series and axes stay as they were made.
  {from: "self.addSeries = addSeries;", to: ""},
  {from: "self.delSeries = delSeries;", to: ""},
  {from: "self.addBand = addBand;", to: ""},
  {from: "self.setBand = setBand;", to: ""},
  {from: "self.delBand = delBand;", to: ""},
  {from: "uPlot.join = join;", to: ""},
  {from: "uPlot.fmtDate = fmtDate;", to: ""},
  {from: "uPlot.tzDate  = tzDate;", to: ""},
  // Time axes have marks and words of ours, in two zones.
  {from: "let isTime = mode == 1 && scales[s.scale].time;", to: "const isTime = false;"},
  {from: "const _tzDate  = (opts.tzDate || (ts => new Date(round(ts / ms))));", to: "const _tzDate = null;"},
  {from: "const _fmtDate = (opts.fmtDate || fmtDate);", to: "const _fmtDate = null;"},
  {from: "const _timeAxisSplits = (ms == 1 ? timeAxisSplitsMs(_tzDate) : timeAxisSplitsS(_tzDate));", to: "const _timeAxisSplits = null;"},
  {
    from: "const _timeAxisVals   = timeAxisVals(_tzDate, timeAxisStamps((ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS), _fmtDate));",
    to: "const _timeAxisVals = null;",
  },
  {from: "const _timeSeriesVal  = timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate));", to: "const _timeSeriesVal = null;"},
  {from: "axis.incrs  = fnOrSelf(axis.incrs", to: "const isTime = false; axis.incrs = fnOrSelf(axis.incrs"},
  {from: "const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);", to: "const timeIncrsMs = null;"},
  {from: "const [ timeIncrsS,  _timeAxisStampsS,  timeAxisSplitsS  ] = genTimeStuffs(1e-3);", to: "const timeIncrsS = null;"},
  {from: "const mode = self.mode;", to: "const mode = 1;"},
  {from: "uPlot.rangeLog = rangeLog;", to: ""},
  {from: "uPlot.rangeAsinh = rangeAsinh;", to: ""},
  // Ours says values beside the chart, for everyone who reads.
  {from: "const showLegend = legend.show;", to: "const showLegend = false;"},
];
/** Twice in the library: where a scale begins and where an axis does. */
const axisTime = "let isTime = sc.time;";
/** Asks whether a scale is logarithmic, in either way, or of a law of its own. */
const otherScale = /\b(?:w?sc\.)?distr (?:==|>=) (?:3|4|100)\b/g;

function chartLibrary(): Plugin {
  let isCut = false;
  return {
    name: "chart-library",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/uplot/dist/uPlot.esm.js")) return null;
      isCut = true;
      let text = code;
      for (const {from, to} of cuts) {
        const parts = text.split(from);
        if (parts.length !== 2) throw new Error(`the chart library has ${parts.length - 1} times: ${from}`);
        text = parts.join(to);
      }
      const parts = text.split(axisTime);
      if (parts.length !== 3) throw new Error(`the chart library has ${parts.length - 1} times: ${axisTime}`);
      text = `${parts[0]}const isTime = false;${parts[1]}${parts[2]}`;
      return {code: text.replace(otherScale, "false"), map: null};
    },
    buildEnd(error) {
      if (!error && !isCut) this.error("the chart library is not where it was: it would be carried whole");
    },
  };
}

// `npm run dev` shows the page as it is written, with the data of a daemon: of the demo, for one.
const daemon = process.env["CONTAGIOND_URL"] ?? "http://127.0.0.1:9464";

export default defineConfig({
  base: "./", // the daemon may stand behind a path of another server
  plugins: [chartLibrary()],
  esbuild: {jsx: "automatic", jsxImportSource: "preact"},
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // what the page needs is a file of its own: data: addresses are refused
    cssCodeSplit: false,
    modulePreload: {polyfill: false},
    reportCompressedSize: true,
  },
  worker: {format: "es"},
  server: {
    host: "127.0.0.1",
    proxy: {"/api": {target: daemon, changeOrigin: true, headers: {origin: daemon}}},
  },
});
