import type {Store} from "../model/store";

export function followKeys(_store: Store): void {}
