// The keys, in a dialog. The browser keeps the focus inside and gives it back.
import "./help.css";

const id = "help";
const dialog = (): HTMLDialogElement | null => document.querySelector<HTMLDialogElement>(`#${id}`);

export const isHelpOpen = (): boolean => dialog()?.open ?? false;

export function toggleHelp(): void {
  const found = dialog();
  if (found?.open) found.close();
  else found?.showModal();
}

const keys: [string[], string][] = [
  [["j", "k"], "next, previous alert on the time line"],
  [["Enter"], "go to the minutes of that alert, and why it fired"],
  [["Space"], "pause, go on"],
  [["r"], "play those minutes from the start; from live, the chosen or the latest alert"],
  [["Esc"], "back to live"],
  [["1", "2", "3"], "window of the correlations, from short to long"],
  [["o"], "ops, desk"],
  [["m"], "sound at a new critical alert, on or off"],
  [["?"], "this list"],
];

export function Help() {
  return (
    <dialog id={id} class="help" aria-labelledby="help-title" onClick={(event) => {
      if (event.target === event.currentTarget) event.currentTarget.close(); // beside the list
    }}>
      <div class="help-body">
        <h2 id="help-title">Keys</h2>
        <dl>
          {keys.map(([names, what]) => (
            <div key={what}><dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt><dd>{what}</dd></div>
          ))}
        </dl>
        <p class="quiet">Times of the market are given for New York and UTC. A dash stands for what is not known.</p>
        <form method="dialog"><button type="submit">Close</button></form>
      </div>
    </dialog>
  );
}
