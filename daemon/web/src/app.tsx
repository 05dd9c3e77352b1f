// The page from top to bottom: what must not be missed, then the desk or the ops tab.
import {Alerts} from "./desk/alerts";
import {Attribution} from "./desk/attribution";
import {Evidence} from "./desk/evidence";
import {Explanation} from "./desk/explanation";
import {HeatMap} from "./desk/heat_map";
import {ImpactLine} from "./desk/impact";
import {Leads} from "./desk/leads";
import {PriceChart} from "./desk/price_chart";
import {PriceTable} from "./desk/price_table";
import {RollingCorrelation} from "./desk/rolling_correlation";
import {Sessions} from "./desk/sessions";
import {Silences} from "./desk/silences";
import {Targets} from "./desk/targets";
import {useStore} from "./model/store";
import {MomentStripe} from "./moment/stripe";
import {Ops} from "./ops/ops";
import {Footer} from "./page/footer";
import {Header} from "./page/header";
import {Help} from "./page/help";
import {useRoute} from "./page/route";
import {SoundNotice} from "./page/sound_notice";
import {Stripes} from "./page/stripes";

function Desk() {
  return (
    <main class="desk">
      <Targets />
      <Sessions />
      <ImpactLine />
      <Alerts />
      <PriceChart />
      <HeatMap />
      <Leads />
      <Explanation />
      <RollingCorrelation />
      <Attribution />
      <PriceTable />
      <Evidence />
    </main>
  );
}

export function App() {
  const route = useRoute();
  const {live} = useStore();
  return (
    <>
      <Stripes />
      <Silences />
      <SoundNotice />
      <MomentStripe />
      <Header />
      {live === null ? <p class="quiet waiting">Waiting for the daemon …</p> : route.tab === "ops" ? <Ops /> : <Desk />}
      <Footer />
      <Help />
    </>
  );
}
