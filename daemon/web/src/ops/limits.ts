// From when on ops shows a figure as trouble.

/** As the daemon's own health answer has it. */
export const engineStandsAfterS = 10;
/** An alert that waits longer than this for a webhook is late. */
export const lateAfterS = 30;
/** A feed without a bound of its own is called quiet, neither speaking nor in trouble, after this. */
export const quietAfterS = 120;
/** Share of the ring in use from which bursts may be lost. */
export const ringNearlyFull = 0.8;
/** Share of the file descriptors in use from which connections may be refused. */
export const descriptorsNearlyGone = 0.8;
export const pollEveryMs = 2000;
