export function RollingCorrelation() {
  return null;
}
