/* The calls that the tests of whole programs start from. */
#include "whole.h"

/* From the makefile: each with a comma behind it. */
const char *const WHOLE_PROGRAMS[] = {PROGRAM_NAMES NULL};
const size_t WHOLE_PROGRAM_COUNT = sizeof WHOLE_PROGRAMS / sizeof *WHOLE_PROGRAMS - 1;

#define OUT " --out out.npy"
#define OUT_AND_WEIGHTS " --out out.npy --weights-out weights.npy"
#define LAYER "--wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2"
#define BIASES " --bq 6.npy --bk 6.npy --bv 4.npy --bo 5.npy"

const ValidCall VALID_CALLS[] = {
    {"01_dot_products", "--a 2x3.npy --b 3x4.npy" OUT, "(2, 4)", NULL},
    {"02_softmax", "--x 2x5.npy" OUT, "(2, 5)", NULL},
    {"02_softmax", "--x 3x2x5.npy --temperature 0.5" OUT, "(3, 2, 5)", NULL},
    {"03_self_attention", "--x 4x3.npy --wq 3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT_AND_WEIGHTS,
     "(4, 5)", "(4, 4)"},
    {"03_self_attention", "--x 2x4x3.npy --wq 3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT_AND_WEIGHTS,
     "(2, 4, 5)", "(2, 4, 4)"},
    {"03_self_attention", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --scale 0.25" OUT_AND_WEIGHTS,
     "(2, 5)", "(2, 4)"},
    {"03_self_attention", "--q 6x2x3.npy --k 6x4x3.npy --v 6x4x5.npy" OUT_AND_WEIGHTS, "(6, 2, 5)",
     "(6, 2, 4)"},
    {"04_head_splitting", "--x 4x6.npy --heads 3" OUT, "(3, 4, 2)", NULL},
    {"04_head_splitting", "--x 2x4x6.npy --heads 3" OUT, "(2, 3, 4, 2)", NULL},
    {"05_multi_head_attention", "--x 4x3.npy " LAYER OUT_AND_WEIGHTS, "(4, 5)", "(2, 4, 4)"},
    {"05_multi_head_attention", "--x 7x4x3.npy " LAYER BIASES OUT_AND_WEIGHTS, "(7, 4, 5)",
     "(7, 2, 4, 4)"},
    {"06_positional_encoding", "--positions 4 --d-model 5" OUT, "(4, 5)", NULL},
    {"06_positional_encoding", "--x 4x5.npy" OUT, "(4, 5)", NULL},
    {"06_positional_encoding", "--x 2x4x5.npy" OUT, "(2, 4, 5)", NULL},
    {"07_masking", "--x 4x3.npy --causal " LAYER BIASES OUT_AND_WEIGHTS, "(4, 5)", "(2, 4, 4)"},
    {"07_masking",
     "--x 4x3.npy --context 5x3.npy --causal --past 1 --mask mask_4x5.npy --bias 2x4x5.npy "
     "--key-lengths 4 " LAYER OUT_AND_WEIGHTS,
     "(4, 5)", "(2, 4, 5)"},
    {"07_masking",
     "--x 7x4x3.npy --context 7x5x3.npy --mask mask_7x4x5.npy --key-lengths 4,5,0,1,2,3,4 " LAYER
         OUT_AND_WEIGHTS,
     "(7, 4, 5)", "(7, 2, 4, 5)"},
    {"07_masking",
     "--q 2x3.npy --k 4x3.npy --v 4x5.npy --scale 0.25 --causal --past 2 --mask mask_2x4.npy "
     "--bias 2x4.npy --key-lengths 3" OUT_AND_WEIGHTS,
     "(2, 5)", "(2, 4)"},
    {"07_masking",
     "--q 6x2x3.npy --k 6x4x3.npy --v 6x4x5.npy --causal --mask mask_6x2x4.npy" OUT_AND_WEIGHTS,
     "(6, 2, 5)", "(6, 2, 4)"},
    {"08_transformer_block", "--x 4x8.npy --model encoder.model --heads 2" OUT, "(4, 8)", NULL},
    {"08_transformer_block",
     "--x 3x4x8.npy --model encoder.model --heads 4 --norm pre --activation gelu --epsilon 0.001 "
     "--causal --key-lengths 4,1,0" OUT,
     "(3, 4, 8)", NULL},
    {"09_encoder_decoder", "--source 5x8.npy --target 4x8.npy --model decoder.model --heads 2" OUT,
     "(4, 8)", NULL},
    {"09_encoder_decoder",
     "--source 3x5x8.npy --target 3x4x8.npy --model transformer.model --heads 4 --norm pre "
     "--activation gelu --epsilon 0.001 --key-lengths 5,1,0" OUT,
     "(3, 4, 8)", NULL},
    {"10_fast_attention",
     "--x 4x3.npy --causal --threads 2 --isa baseline " LAYER BIASES OUT_AND_WEIGHTS, "(4, 5)",
     "(2, 4, 4)"},
    {"10_fast_attention",
     "--x 4x3.npy --context 5x3.npy --causal --past 1 --mask mask_4x5.npy --bias 2x4x5.npy "
     "--key-lengths 4 " LAYER OUT_AND_WEIGHTS,
     "(4, 5)", "(2, 4, 5)"},
    {"10_fast_attention",
     "--x 7x4x3.npy --context 7x5x3.npy --mask mask_7x4x5.npy --key-lengths 4,5,0,1,2,3,4 " LAYER
         OUT,
     "(7, 4, 5)", NULL},
    {"10_fast_attention",
     "--q 2x3.npy --k 4x3.npy --v 4x5.npy --scale 0.25 --causal --past 2 --mask mask_2x4.npy "
     "--bias 2x4.npy --key-lengths 3" OUT_AND_WEIGHTS,
     "(2, 5)", "(2, 4)"},
    {"10_fast_attention",
     "--q 6x2x3.npy --k 6x4x3.npy --v 6x4x5.npy --causal --mask mask_6x2x4.npy" OUT, "(6, 2, 5)",
     NULL},
};
const size_t VALID_CALL_COUNT = sizeof VALID_CALLS / sizeof *VALID_CALLS;
