import type {Store} from "../model/store";

export function followMoment(_store: Store): void {}
