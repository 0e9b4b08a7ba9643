/** Whether somebody works on a run now. */

/** True when a live process holds the lock of this manifest's orchestrator. */
export async function isLive(_commonDir: string, _manifest: string): Promise<boolean> {
  return Promise.resolve(false);
}
