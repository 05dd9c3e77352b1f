"""Rolling correlations as pandas and numpy compute them, on the rows of tests/bench/correlation.cpp.

Batch: all 4096 rows at once, an item is a row of a pair and window. Live: one row more, and all 48
correlations of what the windows hold now. Writes what google benchmark would write.
"""
import json
import time

ROW = "rolling_correlation"
SOURCES, TARGETS, ROWS, ROWS_MIN = 8, 2, 4096, 10
WINDOWS = (30, 90, 360)
PAIRS = [(pair % SOURCES, SOURCES + pair // SOURCES) for pair in range(SOURCES * TARGETS)]
LIVE_ROWS = 20  # the last ones, one at a time


def make_rows(np):
    """As correlation.cpp says on its top."""
    count = ROWS * (SOURCES + TARGETS)
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (2 * ((z >> np.uint64(11)).astype(np.float64) * 2.0**-53) - 1).reshape(ROWS, -1) * 1e-3


def numpy_batch(np, rows):
    """Running sums, vectorised over rows: the quickest that numpy can do."""
    last = 0.0
    for window in WINDOWS:
        def rolled(values, size=window):
            total = np.cumsum(values, axis=0)
            total[size:] = total[size:] - total[:-size]
            return total
        n = np.minimum(np.arange(1, ROWS + 1), window)[:, None]
        x = rows[:, [pair[0] for pair in PAIRS]]
        y = rows[:, [pair[1] for pair in PAIRS]]
        sx, sy = rolled(x), rolled(y)
        sxy = rolled(x * y) - sx * sy / n
        sxx = rolled(x * x) - sx * sx / n
        syy = rolled(y * y) - sy * sy / n
        with np.errstate(invalid="ignore", divide="ignore"):
            rho = sxy / np.sqrt(sxx * syy)
        last += float(rho[-1].sum())
    return last


def pandas_batch(pd, rows):
    frame = pd.DataFrame(rows)
    last = 0.0
    for window in WINDOWS:
        for source, target in PAIRS:
            rho = frame[source].rolling(window, min_periods=ROWS_MIN).corr(frame[target])
            last += float(rho.iloc[-1])
    return last


def numpy_live(np, rows):
    last = 0.0
    for end in range(ROWS - LIVE_ROWS + 1, ROWS + 1):
        last = sum(float(np.corrcoef(rows[end - window:end, source], rows[end - window:end, target])[0, 1])
                   for window in WINDOWS for source, target in PAIRS)
    return last


def pandas_live(pd, rows):
    frame = pd.DataFrame(rows[:ROWS - LIVE_ROWS])
    last = 0.0
    for at in range(ROWS - LIVE_ROWS, ROWS):
        frame.loc[at] = rows[at]
        last = 0.0
        for window in WINDOWS:
            tail = frame.tail(window)
            for source, target in PAIRS:
                last += float(tail[source].corr(tail[target], min_periods=ROWS_MIN))
    return last


def main():
    try:
        import numpy as np
    except ImportError:
        np = None
    try:
        import pandas as pd
    except ImportError:
        pd = None
    benchmarks = []
    contestants = [("numpy_batch", np, numpy_batch, ROWS), ("pandas_batch", pd, pandas_batch, ROWS),
                   ("numpy_live", np, numpy_live, LIVE_ROWS), ("pandas_live", pd, pandas_live, LIVE_ROWS)]
    rows = make_rows(np) if np else None
    for name, module, compute, row_count in contestants:
        entry = {"name": f"{ROW}/yardstick:{name}", "run_type": "iteration"}
        benchmarks.append(entry)
        if module is None or rows is None:
            entry["absent"] = "not installed"
            continue
        compute(module, rows)
        start = time.process_time()
        last = compute(module, rows)
        seconds = time.process_time() - start
        entry["items_per_second"] = row_count * len(PAIRS) * len(WINDOWS) / seconds
        entry["checksum"] = round(last * 1e6)
    print(json.dumps({"benchmarks": benchmarks}))


if __name__ == "__main__":
    main()
