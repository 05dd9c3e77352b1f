// A block of older rows. It is drawn while it is near the view; else its place keeps its height, so that
// nothing jumps: a thousand rows would cost every frame, though nobody sees them.
import type {RefObject, VNode} from "preact";
import {useEffect, useRef, useState} from "preact/hooks";

const nearPx = 900;

interface Props {
  rows: VNode[];
  view: RefObject<HTMLElement | null>; // what scrolls
  pinned: boolean; // drawn wherever it is: the keys stand on one of its rows
}

export function Block({rows, view, pinned}: Props) {
  const place = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  const [near, setNear] = useState(true);
  useEffect(() => {
    const node = place.current;
    if (!node) return;
    const watch = new IntersectionObserver((seen) => {
      const isNear = seen.at(-1)?.isIntersecting ?? true;
      if (!isNear) height.current = node.offsetHeight;
      setNear(isNear);
    }, {root: view.current, rootMargin: `${nearPx}px`});
    watch.observe(node);
    return () => watch.disconnect();
  }, []);
  const drawn = near || pinned;
  return <div ref={place} class="block" style={{height: drawn ? "auto" : `${height.current}px`}}>{drawn ? rows : null}</div>;
}
