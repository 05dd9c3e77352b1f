// The live state: a snapshot and the changes since, over one event stream that comes back by itself.

/** What the server calls a delta: changed rows by their place, everything else as a whole. */
export function applyDelta(state, delta) {
  for (const [name, value] of Object.entries(delta)) {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      for (const [place, row] of Object.entries(value)) state[name][Number(place)] = row;
    } else {
      state[name] = value;
    }
  }
}

/**
 * `on` has snapshot(state), delta(state, delta), alert(document) and link(isConnected).
 * Answers with an object that knows when the last message came.
 */
export function connect(path, on) {
  const live = {state: null, connected: false, lastMessage: null};
  let source = null;
  const heard = () => {
    live.lastMessage = Date.now();
  };
  const link = (connected) => {
    live.connected = connected;
    on.link(connected);
  };
  const open = () => {
    source = new EventSource(path);
    source.addEventListener("open", () => link(true));
    source.addEventListener("error", () => {
      link(false);
      // The browser tries again after a lost connection, but not after an answer it dislikes.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    });
    source.addEventListener("snapshot", (event) => {
      heard();
      live.state = JSON.parse(event.data);
      on.snapshot(live.state);
    });
    source.addEventListener("delta", (event) => {
      heard();
      if (!live.state) return;
      const delta = JSON.parse(event.data);
      applyDelta(live.state, delta);
      on.delta(live.state, delta);
    });
    source.addEventListener("alert", (event) => {
      heard();
      on.alert(JSON.parse(event.data));
    });
    // After a gap the server sends a new snapshot: nothing is left to do.
    source.addEventListener("gap", heard);
  };
  open();
  return live;
}

/** The `data` of an API answer, or null. */
export async function fetchData(path) {
  try {
    const response = await fetch(path);
    if (!response.ok) return null;
    return (await response.json()).data;
  } catch {
    return null;
  }
}
