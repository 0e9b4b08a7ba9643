/**
 * Stands for the package `string-width` in the bundle: the same answer by our own reckoning. The package builds a segmenter and
 * compiles Unicode tables when it is loaded, which costs every command more than all of our own code.
 */
export { columnsOf as default } from '../src/status/printable.ts';
