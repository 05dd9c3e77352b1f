// Colours and text on a canvas.
import {colour, onTheme} from "../page/theme";

const known = new Map<string, string>();
onTheme(() => known.clear());

/** The colour of a CSS variable, asked for once a theme: a chart needs it many times a frame. */
export function ink(name: string): string {
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = colour(name)));
  return value;
}

export const family = "system-ui, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif";

/** At most so many characters; an emoji is not cut in half. */
export function clipped(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length ? characters.slice(0, length - 1).join("") + "…" : text;
}

/** The text, cut to fit in `width` of the context's font; "" when not even three characters do. */
export function fitted(g: CanvasRenderingContext2D, text: string, width: number): string {
  if (g.measureText(text).width <= width) return text;
  let low = 2, high = Math.min([...text].length, 80);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (g.measureText(clipped(text, middle)).width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 2 ? clipped(text, low) : "";
}
