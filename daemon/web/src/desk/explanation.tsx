export function Explanation() {
  return null;
}
