/** The other end of held-process.ts: connects to the test, does what it is told, and exits when it is told to or the test is gone. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

const socket = connect(process.env.HELD_SOCKET);
const send = (message) => socket.write(`${JSON.stringify(message)}\n`);

const actions = {
  print: ({ text, stream }) => void writeAll(stream === 'stderr' ? 2 : 1, Buffer.from(text)),
  flood: ({ line, count }) => {
    const chunk = Buffer.from(`${line}\n`.repeat(1000));
    for (let left = count; left > 0; left -= 1000) writeAll(1, left >= 1000 ? chunk : Buffer.from(`${line}\n`.repeat(left)));
  },
  write: ({ files }) => {
    for (const [path, content] of Object.entries(files)) {
      if (content === null) rmSync(path, { recursive: true, force: true });
      else {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content);
      }
    }
  },
  read: ({ path }) => readFileSync(path, 'utf8'),
  run: ({ argv }) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  stdin: () => readFileSync(0, 'utf8'),
  ignore: ({ signal }) => void process.on(signal, () => send({ signal })),
  descend: ({ escape, clean }) => {
    const env = { ...process.env, HELD_DESCENDANT: '1' };
    if (clean) delete env.PLAN_MARK;
    const child = spawn(process.execPath, [process.argv[1]], { env, detached: escape, stdio: escape ? 'ignore' : 'inherit' });
    child.unref();
    return child.pid;
  },
  exit: ({ code }) => void setImmediate(() => process.exit(code)),
  die: ({ signal }) => void setImmediate(() => process.kill(process.pid, signal)),
};

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

socket.on('connect', () => {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  send({
    hello: {
      pid: process.pid,
      cwd: process.cwd(),
      argv: process.argv.slice(2),
      environment,
      descendant: process.env.HELD_DESCENDANT === '1',
    },
  });
});
let rest = '';
socket.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const { id, action, ...parameters } = JSON.parse(line);
    try {
      send({ id, value: actions[action](parameters) ?? null });
    } catch (error) {
      send({ id, error: String(error.stderr || error.message) });
    }
  }
});
socket.on('error', () => process.exit(97));
socket.on('close', () => process.exit(97));
