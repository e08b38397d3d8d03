/*
 * Chapter 2, for you to write. The contracts are in softmax.h; `make try-02` checks what you have,
 * from the first step to the last, and `make hint-02` helps. Replace each NOT_WRITTEN_YET() by your
 * code.
 */
#include "softmax.h"

#include "exercise.h"

#include <math.h>

/* Weights that are positive and sum to 1, from scores of any size. out may be x itself. */
void softmax_row(const float *x, size_t n, float *out)
{
    /* 1. Find the greatest score. Where must the search start, if all scores may be negative? */
    /* 2. A row of nothing but minus infinity gets weights of 0, and you are done. A row with a */
    /*    NaN or plus infinity becomes NaN: for this the search takes a NaN when it meets one. */
    /* 3. out[i] = exp(x[i] - greatest); keep the sum of these. */
    /* 4. Divide each out[i] by the sum. */
    NOT_WRITTEN_YET();
}

/* The formula as it is written, without steps 1 and 2: it is here so that you can see it fail. */
void softmax_row_naive(const float *x, size_t n, float *out)
{
    /* 1. out[i] = expf(x[i]); keep the sum. */
    /* 2. Divide each out[i] by the sum. */
    NOT_WRITTEN_YET();
}

/* softmax_row() for each row of a matrix. */
Status softmax(Matrix x, Matrix out)
{
    /* 1. Refuse an out of another shape: matrix_expect(). */
    /* 2. For each row: matrix_row() of both, x.cols scores. */
    NOT_WRITTEN_YET();
}

/* The softmax of each row of x / temperature. */
Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    /* 1. Refuse a temperature that is not finite or not above 0: fail(STATUS_VALUE, ...). */
    /* 2. Refuse an out of another shape. */
    /* 3. For each row: divide the differences to the greatest score, then as softmax_row(). */
    NOT_WRITTEN_YET();
}

/* log(exp(x[0]) + exp(x[1]) + ...), without overflow on the way. */
float log_sum_exp(const float *x, size_t n)
{
    /* 1. Find the greatest score, as above; if it is infinite or NaN, it is the result. */
    /* 2. Sum exp(x[i] - greatest). */
    /* 3. What you took away comes back: greatest + log(sum). */
    NOT_WRITTEN_YET();
}

/* How undecided weights are, in bits: the sum of -w log2(w). A weight of 0 adds nothing. */
float entropy_bits(const float *weights, size_t n)
{
    /* 1. For each weight but 0: subtract weight * log2(weight) from the sum. */
    NOT_WRITTEN_YET();
}

/* The state of the one-pass softmax before the first score. */
OnlineSoftmax online_softmax_start(void)
{
    /* 1. What is the maximum of no numbers? What is their sum? */
    NOT_WRITTEN_YET();
}

/* Takes in one more score. */
void online_softmax_add(OnlineSoftmax *state, float score)
{
    /* 1. Minus infinity adds nothing. */
    /* 2. Is the score a new maximum? Then the sum so far is too large: by which factor? */
    /* 3. Add exp(score - maximum) to the sum. */
    NOT_WRITTEN_YET();
}

/* The weight of a score among all that were taken in. */
float online_softmax_weight(OnlineSoftmax state, float score)
{
    /* 1. exp(score - maximum) over the sum. */
    /* 2. Minus infinity weighs 0, unless a NaN has made the sum NaN: then every weight is NaN. */
    NOT_WRITTEN_YET();
}
