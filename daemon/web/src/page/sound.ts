import type {Store} from "../model/store";

export function isMuted(): boolean {
  return true;
}
export function mute(_silent: boolean): void {}
export function followSound(_store: Store): void {}
