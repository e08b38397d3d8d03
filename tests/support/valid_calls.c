/* The calls that the tests of whole programs start from. */
#include "whole.h"

/* From the makefile: each with a comma behind it. */
const char *const WHOLE_PROGRAMS[] = {PROGRAM_NAMES NULL};
const size_t WHOLE_PROGRAM_COUNT = sizeof WHOLE_PROGRAMS / sizeof *WHOLE_PROGRAMS - 1;

#define OUT " --out out.npy"
#define OUT_AND_WEIGHTS " --out out.npy --weights-out weights.npy"
#define LAYER "--wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2"
#define BIASES " --bq 6.npy --bk 6.npy --bv 4.npy --bo 5.npy"

/* Each chapter's are in its demo/calls.inc; an input file has its shape as its name. */
const ValidCall VALID_CALLS[] = {
#include "calls.inc"
};
const size_t VALID_CALL_COUNT = sizeof VALID_CALLS / sizeof *VALID_CALLS;
