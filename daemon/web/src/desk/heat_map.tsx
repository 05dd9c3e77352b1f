export function HeatMap() {
  return null;
}
