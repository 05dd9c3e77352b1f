export function ImpactLine() {
  return null;
}
