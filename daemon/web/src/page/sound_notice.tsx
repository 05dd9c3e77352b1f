// Says that the sound someone asked for will not be heard yet, and what to do.
import {useStore} from "../model/store";

export function SoundNotice() {
  const {sound} = useStore("sound");
  return (
    <div class="stripe stripe-note" role="status" id="sound-notice" hidden={sound !== "blocked"}>
      Sound is on, but this browser plays none before you click on the page or press a key.
    </div>
  );
}
