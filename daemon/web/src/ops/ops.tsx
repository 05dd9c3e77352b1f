export function Ops() {
  return null;
}
