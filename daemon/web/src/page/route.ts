// Addresses: #/ (desk), #/ops, #/alerts/<id> (the desk, with that alert opened; where the link in an
// alert leads).
import {useEffect, useState} from "preact/hooks";

export interface Route {
  tab: "desk" | "ops";
  alert: string | null;
}

export function route(): Route {
  const alert = /^#\/alerts\/([0-9A-Za-z]+)$/.exec(location.hash)?.[1] ?? null;
  return {tab: location.hash === "#/ops" ? "ops" : "desk", alert};
}

export const alertAddress = (id: string): string => `#/alerts/${encodeURIComponent(id)}`;
export const go = (address: string): void => {
  location.hash = address;
};

export function onRoute(listener: (now: Route) => void): () => void {
  const update = () => listener(route());
  window.addEventListener("hashchange", update);
  return () => window.removeEventListener("hashchange", update);
}

export function useRoute(): Route {
  const [now, set] = useState(route);
  useEffect(() => onRoute(set), []);
  return now;
}
