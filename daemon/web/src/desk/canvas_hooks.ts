// What a drawing of our own must know: how wide it may be, and that the colours have changed.
import type {RefObject} from "preact";
import {useEffect, useLayoutEffect, useState} from "preact/hooks";

import {onTheme} from "../page/theme";

/** Width of an element in CSS pixels, kept up to date; 0 before it is known. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    setWidth(node.clientWidth);
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** A number that changes whenever the colours do. */
export function useThemeCount(): number {
  const [count, setCount] = useState(0);
  useEffect(() => onTheme(() => setCount((n) => n + 1)), []);
  return count;
}
