/**
 * fast-check as the tests use it: the same cases every time, so that a change is judged by what it changes. `PROPERTY_SEED=random`
 * (or a number) draws others, and `PROPERTY_RUNS` more of them where a test says so.
 */
import fc from 'fast-check';

const given = process.env['PROPERTY_SEED'] ?? '20261122';
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: given === 'random' ? Date.now() % 2 ** 31 : Number(given) });

export { fc };
