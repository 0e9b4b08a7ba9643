export interface MergeOutcome {
  readonly tree?: string;
  readonly conflict?: readonly string[];
  readonly refused?: string;
  readonly commits?: readonly string[];
}

export interface MergeRow {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly real: string;
  readonly git: MergeOutcome;
  readonly product: MergeOutcome;
  readonly same: boolean | undefined;
  readonly why: string;
}

export function replayMerges(
  source: string,
  options?: { readonly strategy?: string; readonly limit?: number; readonly skip?: number; readonly to?: readonly string[]; readonly bare?: boolean },
): Promise<readonly MergeRow[]>;
