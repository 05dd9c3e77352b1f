// The diverging scale of the heat map: blue for −1, through the panel's own colour at 0, to orange for
// +1; and the ink that can be read on it. Pure arithmetic on colours.

export type Rgb = readonly [number, number, number];

/** "#151a24", "47 128 237" or "rgb(47, 128, 237)"; grey for what is none of these. */
export function parseColour(text: string): Rgb {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const value = parseInt(full, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }
  const [red, green, blue] = (text.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  return red === undefined || green === undefined || blue === undefined ? [128, 128, 128] : [red, green, blue];
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * share);
  return [at(0), at(1), at(2)];
}

export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** As WCAG 2 defines it, 0 (black) to 1 (white). */
export function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number): number => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

export interface Scale {
  negative: Rgb;
  middle: Rgb;
  positive: Rgb;
}

/** The colour of a correlation; what lies beyond ±1 is noise and gets the end of the scale. */
export function scaleColour(scale: Scale, value: number): Rgb {
  return mix(scale.middle, value < 0 ? scale.negative : scale.positive, Math.min(1, Math.abs(value)));
}

/** Black or white, whichever stands out more: on any ground that is at least 4.5 : 1. */
export function inkOn(ground: Rgb): "#000" | "#fff" {
  const l = luminance(ground);
  return (l + 0.05) / 0.05 > 1.05 / (l + 0.05) ? "#000" : "#fff";
}
