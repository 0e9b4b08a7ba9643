/**
 * A task's command that a test holds by a socket: a real process that says when it began and then does only what it is told.
 * So a test needs no sleeps, and an order of events is made, not hoped for.
 *
 *     const held = await HeldProcesses.listen();        // in the test; closed by `await held.close()`
 *     … let the product run `held.shell` (a shell command) or `held.argv` (without a shell) with `held.environment` …
 *     const one = await held.next('A.2.3');             // the process of that task has begun; `next()` takes the first to come
 *     await one.print('working\n');                     // on its stdout, in its worktree, with its environment
 *     await one.write({ 'src/a.ts': 'text' });          // null removes
 *     await one.commit('message');                      // git add --all, git commit
 *     await one.ignore('SIGTERM');                      // and `await one.signalled('SIGTERM')` tells when it came
 *     const child = await one.descend({ escape: true }) // a child in a session of its own, held the same way
 *     await one.exit(0);                                // resolves when it is gone
 *     await one.gone;                                   // resolves however it ended
 *
 * When the test closes the socket or ends, every held process exits with code 97: nothing is left behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, 'held-command.mjs');

/** What a held process said of itself when it began. */
export interface Hello {
  readonly pid: number;
  readonly cwd: string;
  /** Arguments after the program. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** True for a process made by `descend`. */
  readonly descendant: boolean;
}

/** The listening end: hands out held processes as they begin. */
export class HeldProcesses {
  readonly argv: readonly string[] = [process.execPath, program];
  readonly shell: string = this.argv.map((word) => `'${word}'`).join(' ');
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #folder: string;
  readonly #waiting: { readonly accepts: (hello: Hello) => boolean; readonly take: (one: HeldProcess) => void }[] = [];
  readonly #begun: HeldProcess[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.environment = { HELD_SOCKET: join(folder, 's') };
    server.on('connection', (socket) => this.#meet(socket));
  }

  static async listen(): Promise<HeldProcesses> {
    const folder = await mkdtemp(join(tmpdir(), 'held-'));
    const held = new HeldProcesses(createServer(), folder);
    await new Promise<void>((resolve, reject) => {
      held.#server.once('error', reject);
      held.#server.listen(join(folder, 's'), resolve);
    });
    return held;
  }

  /** The next process that begins (or began and was not taken yet): of this node such as `A.2.3`, if one is named; never a descendant. */
  next(node?: string): Promise<HeldProcess> {
    return this.nextWhere(
      ({ descendant, environment }) =>
        !descendant && (node === undefined || `${environment['PLAN_ID']}.${environment['PLAN_TASK']}` === node),
    );
  }

  nextWhere(accepts: (hello: Hello) => boolean): Promise<HeldProcess> {
    const index = this.#begun.findIndex(({ hello }) => accepts(hello));
    const [one] = index < 0 ? [] : this.#begun.splice(index, 1);
    return one === undefined ? new Promise((take) => this.#waiting.push({ accepts, take })) : Promise.resolve(one);
  }

  /** Processes that began and that nobody took. */
  get untaken(): readonly Hello[] {
    return this.#begun.map(({ hello }) => hello);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #meet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const one = new HeldProcess(socket, this, () => {
      const index = this.#waiting.findIndex(({ accepts }) => accepts(one.hello));
      const [waiter] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (waiter === undefined) this.#begun.push(one);
      else waiter.take(one);
    });
  }
}

interface Message {
  readonly hello?: Hello;
  readonly signal?: string;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** One process, held. Every action resolves when it is done there. */
export class HeldProcess {
  /** Resolves when the process is gone, however it ended. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #all: HeldProcesses;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #signals: string[] = [];
  readonly #signalWaiters: { readonly signal: string; readonly resolve: () => void }[] = [];
  #hello: Hello | undefined;
  #count = 0;

  constructor(socket: Socket, all: HeldProcesses, onHello: () => void) {
    this.#socket = socket;
    this.#all = all;
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#receive(JSON.parse(line) as Message, onHello);
    });
  }

  get hello(): Hello {
    if (this.#hello === undefined) throw new Error('it has not said hello yet');
    return this.#hello;
  }

  get pid(): number {
    return this.hello.pid;
  }

  async print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    await this.#tell('print', { text, stream });
  }

  /** Prints one line many times, as fast as it can. */
  async flood(line: string, count: number): Promise<void> {
    await this.#tell('flood', { line, count });
  }

  /** Writes files below its current folder; null removes. */
  async write(files: Readonly<Record<string, string | null>>): Promise<void> {
    await this.#tell('write', { files });
  }

  async read(path: string): Promise<string> {
    return String(await this.#tell('read', { path }));
  }

  /** All that stands on its standard input. */
  async stdin(): Promise<string> {
    return String(await this.#tell('stdin', {}));
  }

  /** Runs a program in its place and gives its stdout. */
  async run(...argv: string[]): Promise<string> {
    return String(await this.#tell('run', { argv }));
  }

  /** Commits everything, as an executor that commits by itself would. */
  async commit(message: string): Promise<void> {
    await this.run('git', 'add', '--all');
    await this.run('git', 'commit', '--quiet', '--message', message);
  }

  async ignore(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): Promise<void> {
    await this.#tell('ignore', { signal });
  }

  /** Resolves when an ignored signal has come. */
  signalled(signal: string): Promise<void> {
    const index = this.#signals.indexOf(signal);
    if (index >= 0) {
      this.#signals.splice(index, 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#signalWaiters.push({ signal, resolve }));
  }

  /** Starts a child, held as well. `escape`: in a session of its own, its streams closed. `clean`: without the mark of the attempt. */
  async descend(how: { readonly escape: boolean; readonly clean?: boolean }): Promise<HeldProcess> {
    const pid = await this.#tell('descend', how);
    return this.#all.nextWhere((hello) => hello.pid === pid);
  }

  async exit(code: number): Promise<void> {
    await this.#tell('exit', { code });
    await this.gone;
  }

  /** Ends itself by a signal. */
  async die(signal: NodeJS.Signals): Promise<void> {
    await this.#tell('die', { signal });
    await this.gone;
  }

  #tell(action: string, parameters: object): Promise<unknown> {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))));
      void this.gone.then(() => reject(new Error(`it was gone before it could ${action}`)));
      this.#socket.write(`${JSON.stringify({ id, action, ...parameters })}\n`);
    });
  }

  #receive(message: Message, onHello: () => void): void {
    if (message.hello !== undefined) {
      this.#hello = message.hello;
      onHello();
    } else if (message.signal !== undefined) {
      const index = this.#signalWaiters.findIndex(({ signal }) => signal === message.signal);
      if (index >= 0) this.#signalWaiters.splice(index, 1)[0]?.resolve();
      else this.#signals.push(message.signal);
    } else {
      this.#answers.get(message.id ?? -1)?.(message);
      this.#answers.delete(message.id ?? -1);
    }
  }
}
