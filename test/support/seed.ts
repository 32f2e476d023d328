// What is random in a test is the same in every run, unless one asks for something else.

/** `FUZZ_SEED`: other cases than usual. */
export const SEED = Number(process.env.FUZZ_SEED ?? 20261124)

/** `FUZZ_CASES`: how many of them, instead of the usual number. */
export const CASES = process.env.FUZZ_CASES === undefined ? undefined : Number(process.env.FUZZ_CASES)
