import {render} from "preact";

import "./page/base.css";
import {App} from "./app";
import {connect} from "./link/connect";
import {store} from "./model/store";
import {followKeys} from "./page/keyboard";
import {followTitle} from "./page/title";
import {applyTheme} from "./page/theme";
import {followSound} from "./page/sound";
import {followMoment} from "./moment/player";

applyTheme();
followTitle(store);
followSound(store);
followMoment(store);
followKeys(store);
connect("api/v1/stream", (message) => store.take(message));

const page = document.getElementById("page");
if (page) render(<App />, page);
