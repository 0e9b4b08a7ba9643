/** The live list on a terminal: listr2 owns the screen (cursor, redraw, stray output), the picture of the run says what is on it. */
import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, Spinner, type ListrDefaultRendererOptions, type ListrDefaultRendererTask, type ListrEventManager } from 'listr2';
import type { Clock } from '../base/clock.js';
import type { NodeId } from '../model/ids.js';
import type { RunState } from '../state/run-state.js';
import type { Observer } from './observer.js';
import type { Paint } from './paint.js';
import { wrap } from './printable.js';
import { statusText } from './text.js';
import { viewRun, type RunView } from './view.js';

/** The terminal that the list is drawn on. */
export interface Screen {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  columns(): number;
  rows(): number;
}

/** A fact is on the screen after at most this many milliseconds. */
const refreshMs = 200;
/** Taking a picture may cost at most this share of the time, however big the run is. */
const share = 0.05;

interface PictureOptions extends ListrDefaultRendererOptions {
  readonly picture: () => string;
}

/** Listr's own renderer with the drawing exchanged: one picture of all plans instead of a line for each task. */
class PictureRenderer extends DefaultRenderer {
  /** Whoever makes a live observer knows that it is a terminal; Listr would ask the process's own stdout. */
  static override nonTTY = true;
  readonly #picture: () => string;

  constructor(tasks: ListrDefaultRendererTask[], options: PictureOptions, events: ListrEventManager) {
    super(tasks, options, events);
    this.#picture = options.picture;
  }

  override create(): string {
    return this.#picture();
  }
}

/** Listr's way to the terminal with the width and height of now: its own keeps those of the start, and breaks lines there for ever. */
class ScreenOutput extends ProcessOutput {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    super(screen.stdout, screen.stderr);
    this.#screen = screen;
  }

  override get stdout(): NodeJS.WriteStream {
    const screen = this.#screen;
    return Object.defineProperties(super.stdout, { columns: { get: () => screen.columns() }, rows: { get: () => screen.rows() } });
  }
}

/** What the command line adds to the picture. */
export interface LiveOptions {
  /** Lines below it. */
  readonly footer?: () => readonly string[];
  /** The command that goes on with the run, as the user can paste it. */
  readonly goOn?: string;
}

/** Draws the run until `close`; the last picture stays. */
export function liveObserver(screen: Screen, clock: Clock, paint: Paint, { footer = () => [], goOn }: LiveOptions = {}): Observer {
  const spinner = new Spinner();
  const doing = new Map<NodeId, string>();
  const snapshots = new Snapshots(clock, doing, goOn);
  let over: (() => void) | undefined;
  let shown: Promise<unknown> | undefined;
  const picture = (): string => {
    const view = snapshots.take();
    if (view === undefined) return '';
    const last = over === undefined;
    const columns = Math.max(20, screen.columns() - 1);
    // A line that the terminal breaks is one more than is erased before the next picture.
    const below = footer().flatMap((line) => wrap(line, columns).split('\n'));
    // Headline, landing, next steps and the cursor's own line leave the rest to the plans; the last picture may scroll.
    const planLines = last ? Infinity : Math.max(3, screen.rows() - 10 - below.length);
    const text = statusText(view, { columns, paint, planLines, ...(last ? {} : { spinner: spinner.fetch() }) });
    return below.length > 0 && !last ? `${text}\n${below.join('\n')}` : text;
  };
  const begin = (): void => {
    const ended = new Promise<void>((resolve) => (over = resolve));
    const list = new Listr([{ title: 'run', task: () => ended }], {
      renderer: PictureRenderer as unknown as typeof DefaultRenderer,
      rendererOptions: { picture, spinner, logger: new ListrLogger({ processOutput: new ScreenOutput(screen) }) } as ListrDefaultRendererOptions,
      fallbackRendererCondition: false,
      registerSignalListeners: false,
    });
    shown = list.run();
  };
  return {
    entry(entry, state) {
      if (entry.event.kind === 'attempt.finished') doing.delete(entry.event.node);
      snapshots.changed(state);
      if (shown === undefined) begin();
    },
    progress(node, { doing: words }) {
      if (words !== undefined) doing.set(node, words);
    },
    async close() {
      const end = over;
      over = undefined;
      snapshots.final();
      end?.();
      await shown;
    },
  };
}

/** Pictures no more often than they are worth: a big run is looked at less often. */
class Snapshots {
  readonly #clock: Clock;
  readonly #doing: ReadonlyMap<NodeId, string>;
  readonly #goOn: string | undefined;
  #state: RunState | undefined;
  #view: RunView | undefined;
  #due = 0;

  constructor(clock: Clock, doing: ReadonlyMap<NodeId, string>, goOn: string | undefined) {
    this.#clock = clock;
    this.#doing = doing;
    this.#goOn = goOn;
  }

  changed(state: RunState): void {
    this.#state = state;
  }

  final(): void {
    this.#due = 0;
  }

  take(): RunView | undefined {
    const started = this.#clock.now();
    if (this.#state === undefined || started < this.#due) return this.#view;
    this.#view = viewRun(this.#state, { now: started, doing: this.#doing, ...(this.#goOn === undefined ? {} : { goOn: this.#goOn }) });
    const cost = this.#clock.now() - started;
    this.#due = started + Math.max(refreshMs, cost / share);
    return this.#view;
  }
}
