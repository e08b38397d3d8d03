/* The case that fits on a sheet of paper, and the sizes that do not. */
#include "classic_case.h"

#include "multi_head_attention.h"
#include "print.h"

#include <stdbool.h>
#include <stdio.h>

/* clang-format off */
static float CLASSIC_X[2][3] = {{1, 0, 2}, {0, 1, 1}};
static float CLASSIC_W_Q[3][6] = {{1, 0, 0, 0, 1, 0}, {0, 1, 0, 0, 0, 2}, {0, 0, 1, 1, 0, 0}};
static float CLASSIC_W_K[3][6] = {{0, 1, 0, 1, 0, 0}, {1, 0, 0, 0, 2, 0}, {0, 0, 1, 0, 0, 1}};
static float CLASSIC_W_V[3][6] = {{1, 0, 0, 0, 0, 2}, {0, 2, 0, 1, 0, 0}, {0, 0, 1, 0, 1, 0}};
static float CLASSIC_W_O[6][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 1}, {0, 1, 0}, {1, 1, 0}};
/* clang-format on */

Status show_classic_case(void)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"head 0, row 0", "row 1", "head 1, row 0", "row 1"};
    float weight_numbers[4 * 2], numbers[2 * 3];
    Matrix x = matrix_view(CLASSIC_X[0], 2, 3);
    Matrix weights = matrix_view(weight_numbers, 4, 2), out = matrix_view(numbers, 2, 3);
    MultiHeadLayer layer = {
        .w_q = matrix_view(CLASSIC_W_Q[0], 3, 6),
        .w_k = matrix_view(CLASSIC_W_K[0], 3, 6),
        .w_v = matrix_view(CLASSIC_W_V[0], 3, 6),
        .w_o = matrix_view(CLASSIC_W_O[0], 6, 3),
        .heads = 2,
    };
    TRY(multi_head_attention(x, &layer, weights, out));
    printf("\n7. The classic small case: x 2x3, W_Q, W_K, W_V 3x6, W_O 6x3, two heads\n\n");
    print_matrix(stdout, x, (PrintStyle){.title = "x"});
    print_matrix(stdout, weights, (PrintStyle){"weights", ROWS, NULL, 4});
    print_matrix(stdout, out, (PrintStyle){.title = "out", .decimals = 4});
done:
    return status;
}

void show_layer_costs(void)
{
    enum { TOKENS = 64 };
    static const size_t D_MODELS[] = {512, 1024}, HEADS[] = {1, 8, 16};
    printf("\n8. One layer without biases, %d tokens\n\n"
           "  d_model  heads   d_k  parameters  multiplications  exponentials\n",
           TOKENS);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            MultiHeadCost cost = multi_head_cost(TOKENS, D_MODELS[i], HEADS[j]);
            printf("  %7zu  %5zu  %4zu  %10zu  %15.0f  %12.0f\n", D_MODELS[i], HEADS[j],
                   D_MODELS[i] / HEADS[j], multi_head_parameters(D_MODELS[i], HEADS[j], false),
                   cost.projections + cost.scores + cost.weighted + cost.output, cost.exponentials);
        }
}
