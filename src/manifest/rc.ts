/** `.planrc.yml` and the other places where cosmiconfig looks: from the manifest's folder up to the top of the repository. */

import path from 'node:path';
import { cosmiconfig } from 'cosmiconfig';
import type { Source } from './source.js';

/** What was found: text with places, or a value that a script or a package.json gave. */
export type RcFile = { readonly source: Source } | { readonly file: string; readonly value: unknown };

/** The nearest configuration file; undefined when there is none. `show` gives a path as the user would type it. */
export async function loadRc(folder: string, top: string, show: (file: string) => string): Promise<RcFile | undefined> {
  const asText = (file: string, text: string): { source: Source } => ({ source: { file: show(file), text } });
  const explorer = cosmiconfig('plan', { searchStrategy: 'none', loaders: { '.yaml': asText, '.yml': asText, '.json': keepPackage(asText), noExt: asText } });
  for (let at = folder; ; at = path.dirname(at)) {
    const found = (await explorer.search(at));
    if (found !== null && found.isEmpty !== true) {
      const config: unknown = found.config;
      if (typeof config === 'object' && config !== null && 'source' in config) return config as { source: Source };
      return { file: show(found.filepath), value: config };
    }
    if (at === top || at === path.dirname(at)) return undefined;
  }
}

/** A package.json is no settings file: only its property `plan` is, and cosmiconfig takes that out of the parsed whole. */
function keepPackage(asText: (file: string, text: string) => unknown): (file: string, text: string) => unknown {
  return (file, text) => (path.basename(file) === 'package.json' ? (JSON.parse(text) as unknown) : asText(file, text));
}
