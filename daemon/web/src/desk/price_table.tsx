export function PriceTable() {
  return null;
}
