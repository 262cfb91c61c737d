// V8 doubles the space for new objects whenever many of them survive, up to 64 MB: while thousands of
// clients log in, they do. A space of 8 MB costs no more CPU and saves 6 KB per client of ten
// thousand. Its limit can only be given on the command line of Node.js, but whether it grows is a flag
// that is read each time. bin/pgpack.js forbids it while the program is loaded.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const limitBytes = 8 * 1_048_576;

/** Twice this may be used if it is needed within so short a time. */
const lookMs = 100;

/** Of the main thread; worker threads have limits of their own. */
export function limitYoungGeneration(): void {
  let factor = 0;
  const look = (): void => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    const wanted = space !== undefined && space.space_size >= limitBytes ? 1 : 2;
    if (wanted === factor) return;
    factor = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  };
  look();
  setInterval(look, lookMs).unref();
}
