export function makeHistory(folder: string, options?: { readonly files?: number; readonly topics?: number; readonly seed?: number; readonly earlier?: number }): string;
