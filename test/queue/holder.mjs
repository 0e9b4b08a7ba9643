/** Takes a lock, says so, and is killed with it. Arguments: the bundled module, the lock's folder. */
const [module, folder] = process.argv.slice(2);
const { tryLock } = await import(module);
const lock = await tryLock(folder, 'testing');
console.log(lock.ok ? 'held' : 'refused');
setInterval(() => {}, 1000);
