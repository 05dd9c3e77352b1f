import {useStore} from "../model/store";

export function Footer() {
  const {live} = useStore("version");
  return <footer class="quiet">{live ? `contagiond ${live.version}${live.instance ? ` on ${live.instance}` : ""}` : ""}</footer>;
}
