// What a drawing of our own must know: how wide it may be, and that the colours have changed.
import type {RefObject} from "preact";
import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";

import {onTheme} from "../page/theme";

const laterMs = 80;

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

/** The value, a moment later: for a table beside a drawing, which must not hold up the frame. */
export function useLater<T>(value: T): T {
  const latest = useRef(value);
  latest.current = value;
  const [late, setLate] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    // One that waits already will take this value along.
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setLate(latest.current);
    }, laterMs);
  }, [value]);
  useEffect(() => () => {
    if (timer.current) clearTimeout(timer.current);
  }, []);
  return late;
}
