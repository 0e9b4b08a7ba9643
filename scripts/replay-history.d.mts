export interface ReplayOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly mode?: 'all-or-nothing' | 'each';
  readonly strategy?: string;
  readonly tasks?: 'ticked' | 'empty' | 'merge' | 'pick';
  readonly settle?: string;
  readonly chain?: boolean;
  readonly keep?: boolean;
  readonly flags?: readonly string[];
}

export interface ReplayedMerge {
  readonly plan: string;
  readonly clean: boolean;
  readonly real: string;
  readonly git: string;
  readonly program: string | undefined;
}

export function replayHistory(
  source: string,
  options?: ReplayOptions,
): {
  readonly code: number | null;
  readonly output: string;
  readonly direct: number;
  readonly landed: readonly ReplayedMerge[];
  readonly seconds: number;
  readonly mergeSeconds: number;
  readonly folder: string;
  readonly checks: { readonly status: string; readonly fsck: number | null };
};
