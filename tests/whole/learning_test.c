/* The program of chapter 11: gradients of the reader's arrays, and any sentence. */
#include "learning.h"

#include "array.h"
#include "assert.h"
#include "matrices.h"
#include "self_attention.h"
#include "whole.h"

#include <stdio.h>

static const char PROGRAM[] = "11_learning";
#define GIVEN "--q 6x2x3.npy --k 6x4x3.npy --v 6x4x5.npy --slope 6x2x5.npy "
#define MADE " --out out.npy --k-out k.npy --v-out v.npy"

static const struct {
    const char *options;
    float scale;
    bool causal;
} CALLS[] = {{"", 0, false}, {"--scale 0.25", 0.25f, false}, {"--scale 0.5 --causal", 0.5f, true}};

START_TEST(the_program_gives_what_the_functions_give)
{
    static const char *const NAMES[] = {"6x2x3.npy", "6x4x3.npy", "6x4x5.npy", "6x2x5.npy",
                                        "out.npy",   "k.npy",     "v.npy"};
    enum { Q, K, V, SLOPE, GRAD_Q, GRAD_K, GRAD_V, ARRAYS };
    char arguments[ARGUMENTS_SIZE];
    Array arrays[ARRAYS];
    AttentionMask mask = {.causal = CALLS[_i].causal};
    float scale = CALLS[_i].scale > 0 ? CALLS[_i].scale : attention_scale(3);
    Matrix weights = new_matrix(2, 4), out = new_matrix(2, 5);
    whole_begin("learning");
    snprintf(arguments, sizeof arguments, GIVEN "%s" MADE, CALLS[_i].options);
    whole_expect_success(PROGRAM, arguments, NULL);
    for (size_t i = 0; i < ARRAYS; i++)
        arrays[i] = whole_read(NAMES[i]);
    for (size_t i = 0; i < array_matrices(arrays[Q]); i++) {
        Matrix q = array_matrix(arrays[Q], i), k = array_matrix(arrays[K], i),
               v = array_matrix(arrays[V], i);
        HeadMatrices one = {q, k, v, out};
        HeadMatrices grad = {new_matrix(2, 3), new_matrix(4, 3), new_matrix(4, 5),
                             array_matrix(arrays[SLOPE], i)};
        assert_ok(masked_attention(q, k, v, scale, &mask, weights, out));
        assert_ok(attention_backward(&one, scale, weights, &grad));
        assert_matrix_equal(array_matrix(arrays[GRAD_Q], i), grad.q);
        assert_matrix_equal(array_matrix(arrays[GRAD_K], i), grad.k);
        assert_matrix_equal(array_matrix(arrays[GRAD_V], i), grad.v);
        matrix_free(&grad.q);
        matrix_free(&grad.k);
        matrix_free(&grad.v);
    }
    matrix_free(&weights);
    matrix_free(&out);
    for (size_t i = 0; i < ARRAYS; i++)
        array_free(&arrays[i]);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program 11_learning");
    add_rows(suite, the_program_gives_what_the_functions_give, CALLS);
    return suite;
}
