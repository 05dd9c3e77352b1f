// Dark unless someone chose light here; the choice is kept by the browser.
export type Theme = "dark" | "light";
const key = "contagiond.theme";

const listeners = new Set<() => void>();

export function theme(): Theme {
  return document.documentElement.dataset["theme"] === "light" ? "light" : "dark";
}

export function applyTheme(chosen?: Theme): void {
  let known: string | null = null;
  try {
    if (chosen) localStorage.setItem(key, chosen);
    known = localStorage.getItem(key);
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
  document.documentElement.dataset["theme"] = chosen ?? (known === "light" ? "light" : "dark");
  for (const listener of listeners) listener();
}

/** For what is drawn on a canvas: colours have changed. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The colour of a CSS variable, "--up" for one. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
