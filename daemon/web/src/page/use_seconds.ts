import {useEffect, useState} from "preact/hooks";

/** Draws the component anew every so often, by default every second: ages grow without any message. */
export function useSeconds(everyMs = 1000): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((n) => n + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
