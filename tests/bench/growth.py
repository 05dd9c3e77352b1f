"""How cost and memory grow: what the program `growth` measured, as SVG, CSV and lines of the table.

Each curve has its slope in the logarithms beside the one it should have: 0 is flat, 1 is linear. The
dashed line in a picture is that slope, through the last point.
"""
import html
import json
import math
import pathlib
import re

VALUES = {"tick_ns": ("a tick", "ns"), "bar_ns": ("closing a bar", "ns"), "bytes": ("memory", "bytes")}
PANEL_WIDTH, PANEL_HEIGHT, LEFT, TOP, BOTTOM, GAP = 250, 190, 64, 74, 62, 74
INK, FAINT, GRID, LINE, EXPECTED = "#1f2328", "#59636e", "#e4e8ec", "#1f6feb", "#8a929b"


def short(number, unit):
    for size, name in {"ns": [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")],
                       "bytes": [(2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")],
                       "": [(1e3, "k"), (1, "")]}[unit]:
        if abs(number) >= size:
            return f"{number / size:.3g} {name}".strip() if unit else f"{number / size:.3g}{name}"
    return f"{number:.3g}"


def expected(law):
    """The slope that is meant: flat or linear."""
    return 0 if law["at_most"] < 0.5 else 1


def ticks_between(low, high, unit=""):
    """Decades within, or their parts where there are too few; of bytes powers of two."""
    if unit == "bytes":
        step = 2 if high / low < 100 else 4 if high / low < 2000 else 16
        return [step**n for n in range(40) if low <= step**n <= high]
    marks = [10.0**n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    inside = [mark for mark in marks if low <= mark <= high]
    if len(inside) < 2:
        inside = [mark * part for mark in marks for part in (1, 2, 5) if low <= mark * part <= high]
    return inside


def panel(curve, key, law, at):
    """One picture in the row: points, their line, and the slope that is meant."""
    title, unit = VALUES[key]
    xs = [point["x"] for point in curve["points"]]
    ys = [point[key] for point in curve["points"]]
    # At least a decade high: what is flat shall look flat.
    middle = math.sqrt(min(ys) * max(ys))
    y_low, y_high = min(min(ys) / 1.5, middle / 3.3), max(max(ys) * 1.5, middle * 3.3)
    x_low, x_high = min(xs) / 1.25, max(xs) * 1.25

    def place(x, y):
        return (at + (math.log(x / x_low) / math.log(x_high / x_low)) * PANEL_WIDTH,
                TOP + PANEL_HEIGHT * (1 - math.log(y / y_low) / math.log(y_high / y_low)))

    parts = [f'<text x="{at}" y="{TOP - 30}" font-weight="600">{title}</text>']
    if law:
        words = (f"slope {law['slope']:.2f}, meant {expected(law)}, allowed {law['at_least']:g} to "
                 f"{law['at_most']:g}{'' if law['holds'] else ': NOT KEPT'}")
        parts.append(f'<text x="{at}" y="{TOP - 13}" class="faint">{words}</text>')
    for mark in ticks_between(y_low, y_high, unit):
        _, y = place(x_low, mark)
        parts.append(f'<path d="M{at} {y:.1f}h{PANEL_WIDTH}" class="grid"/>'
                     f'<text x="{at - 7}" y="{y + 4:.1f}" text-anchor="end" class="faint">{short(mark, unit)}</text>')
    for mark in ticks_between(x_low, x_high):
        x, _ = place(mark, y_low)
        parts.append(f'<path d="M{x:.1f} {TOP}v{PANEL_HEIGHT}" class="grid"/>'
                     f'<text x="{x:.1f}" y="{TOP + PANEL_HEIGHT + 18}" text-anchor="middle" class="faint">'
                     f'{short(mark, "")}</text>')
    parts.append(f'<text x="{at + PANEL_WIDTH / 2}" y="{TOP + PANEL_HEIGHT + 40}" text-anchor="middle" class="faint">'
                 f'{html.escape(curve["x"])}</text>')
    if law:
        x_first, slope = min(xs), expected(law)
        if slope > 0:  # from where the line enters the picture
            x_first = max(x_first, xs[-1] * (y_low / ys[-1]) ** (1 / slope))
        ends = [place(x, ys[-1] * (x / xs[-1]) ** slope) for x in (x_first, xs[-1])]
        parts.append(f'<path d="M{ends[0][0]:.1f} {ends[0][1]:.1f}L{ends[1][0]:.1f} {ends[1][1]:.1f}" class="meant"/>')
    places = [place(x, y) for x, y in zip(xs, ys)]
    parts.append('<polyline class="measured" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in places) + '"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places]
    for (x, y), value, anchor in ((places[0], ys[0], "start"), (places[-1], ys[-1], "end")):
        parts.append(f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="{anchor}" class="value">{short(value, unit)}</text>')
    return "\n".join(parts)


def draw(curve):
    keys = [key for key in VALUES if key in curve["points"][0]]
    laws = {law["of"]: law for law in curve["slopes"]}
    width = LEFT + len(keys) * PANEL_WIDTH + (len(keys) - 1) * GAP + 24
    height = TOP + PANEL_HEIGHT + BOTTOM
    panels = [panel(curve, key, laws.get(key), LEFT + i * (PANEL_WIDTH + GAP)) for i, key in enumerate(keys)]
    return f'''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
 font-family="system-ui, sans-serif" font-size="12" fill="{INK}" role="img">
<title>Cost against {html.escape(curve["x"])}</title>
<style>.faint{{fill:{FAINT}}}.value{{paint-order:stroke;stroke:#fff;stroke-width:3px}}.grid{{stroke:{GRID};fill:none}}
.meant{{stroke:{EXPECTED};stroke-width:1.5;stroke-dasharray:6 4;fill:none}}
.measured{{stroke:{LINE};stroke-width:2;fill:none}}circle{{fill:{LINE};stroke:#fff;stroke-width:1.5}}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="{LEFT}" y="24" font-size="14" font-weight="600">Against {html.escape(curve["x"])}</text>
{chr(10).join(panels)}
</svg>
'''


def write(data, folder):
    """growth.json, and for each curve a picture and its figures."""
    folder.mkdir(exist_ok=True)
    (folder / "growth.json").write_text(json.dumps(data, indent=1) + "\n")
    for curve in data["curves"]:
        keys = list(curve["points"][0])
        lines = [",".join(keys)] + [",".join(f"{point[key]:g}" for key in keys) for point in curve["points"]]
        (folder / f"{curve['curve']}.csv").write_text("\n".join(lines) + "\n")
        (folder / f"{curve['curve']}.svg").write_text(draw(curve))


def markdown(data):
    lines = ["", "| growth | against | slope | allowed | kept |", "|---|---|---:|---|---|"]
    for curve in data["curves"]:
        for law in curve["slopes"]:
            lines.append(f"| {VALUES[law['of']][0]} | {curve['x']} | {law['slope']:.2f} | {law['at_least']:g} to "
                         f"{law['at_most']:g} | {'yes' if law['holds'] else '**no**'} |")
    return "\n".join(lines) + "\n"


def read(text):
    """What the program wrote; the word "curves" is all that is asked of it."""
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


if __name__ == "__main__":
    import sys
    write(read(sys.stdin.read()), pathlib.Path(sys.argv[1]))
