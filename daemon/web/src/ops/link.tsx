// The page's own link with the daemon: what a desk's browser has seen of it.
import type {Sharing} from "../link/messages";
import type {Freshness} from "../model/freshness";
import type {Store} from "../model/store";
import {Fact, Lamp, OpsPanel} from "./panel";
import * as u from "./units";

const how: Record<Sharing, string> = {
  worker: "all tabs of this browser share one", channel: "all tabs share the one of the tab that leads", none: "of this tab alone",
};

export function PageLink({link, fresh, now}: {link: Store["link"]; fresh: Freshness; now: number}) {
  const age = link.lastMessage === null ? null : Math.max(0, (now - link.lastMessage) / 1000);
  return (
    <OpsPanel id="ops-link" title="This page's link" span={6} polled={[]} now={now}>
      <dl class="facts">
        <Fact name="Stream" value={fresh.kind}>
          <Lamp tone={fresh.kind === "live" ? "good" : fresh.kind === "connecting" ? "warn" : "bad"}>
            {fresh.kind === "live" ? "connected" : fresh.kind === "connecting" ? "connecting" : fresh.kind}
          </Lamp>
        </Fact>
        <Fact name="Last message" value={age}>{age === null ? "none yet" : `${u.age(age)} ago`}</Fact>
        <Fact name="Connection" value={link.sharing}>{how[link.sharing]}</Fact>
        <Fact name="Reconnects" value={link.reconnects}>{u.count(link.reconnects)}</Fact>
        <Fact name="Gaps" value={link.gaps} title="Times the daemon had to give up messages for this browser and began again with a whole state">{u.count(link.gaps)}</Fact>
        <Fact name="Ignored events" value={link.ignored} title="Events of a kind that this page does not know, or could not read">{u.count(link.ignored)}</Fact>
      </dl>
    </OpsPanel>
  );
}
