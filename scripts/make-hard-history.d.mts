export function makeHardHistory(folder: string, options?: { readonly commits?: number; readonly files?: number; readonly seed?: number; readonly calm?: boolean }): void;
