export function toggleHelp(): void {}
export function Help() {
  return null;
}
