/** One of several processes that change a queue at once. Arguments: the bundled module, the common folder, a name, how many. */
const [module, commonDir, name, count] = process.argv.slice(2);
const { openQueue } = await import(module);
const clock = { now: () => 0, after: (ms, callback) => { const timer = setTimeout(callback, ms); return () => clearTimeout(timer); } };
const queue = openQueue(commonDir, clock);
for (let index = 0; index < Number(count); index++) {
  const added = await queue.add({ manifest: `${name}-${index}.yml`, priority: index, after: [] });
  if (!added.ok) throw new Error(added.error.message);
}
