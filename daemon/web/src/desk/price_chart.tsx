export function PriceChart() {
  return null;
}
