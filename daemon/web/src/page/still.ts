// A component that is drawn anew only when what it is given has changed.
import {Component, type ComponentChildren} from "preact";

function sameMembers(a: object, b: object): boolean {
  const ours = Object.entries(a), theirs = b as Record<string, unknown>;
  return ours.length === Object.keys(b).length && ours.every(([name, value]) => value === theirs[name]);
}

/**
 * `draw` must use no hooks: their changes would be kept back as well. A drawn node that is kept and given
 * again (useMemo around markup) does the same at first sight, but holds on to every tree it has stood in:
 * memory would grow for as long as the page is open.
 */
export function still<Props extends object>(draw: (props: Props) => ComponentChildren, same: (a: Props, b: Props) => boolean = sameMembers) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !same(this.props as Props, next);
    }
    override render(): ComponentChildren {
      return draw(this.props as Props);
    }
  };
}
