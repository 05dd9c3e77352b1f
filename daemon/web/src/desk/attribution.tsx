export function Attribution() {
  return null;
}
