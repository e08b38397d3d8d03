/*
 * Holds the reference of a chapter to what needs no oracle, in each case of its checks:
 *
 * - no input is changed, and nothing is written between the rows of out;
 * - views give the same bits as matrices of their own;
 * - a success fills out, whatever stood there;
 * - a refusal leaves out as it was, or zeros, and says who refuses;
 * - each allocation may fail, and that is a refusal too.
 *
 * Prints each refusal, which tests/golden/refusals.txt has: check, case, status and message.
 */
#include "case.h"
#include "result.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static const char *const KINDS[] = {"ok", "shape", "value", "format", "usage", "memory", "system"};

static bool all_hold = true;

/* --- What must hold --------------------------------------------------------------------------- */

static void expect(bool holds, const Check *check, size_t index, const char *belief)
{
    if (!holds)
        fprintf(stderr, "%s[%zu]: %s %s\n", check->name, index, check->function, belief);
    all_hold = all_hold && holds;
}

static bool same_bits(const Case *given, Matrix a, Matrix b)
{
    Case exact = *given;
    exact.tolerance = DBL_MIN;
    return same_matrix(&exact, a, b);
}

static bool same_result(const Case *given, const Result *a, const Result *b)
{
    return a->status == b->status && strcmp(a->message, b->message) == 0 &&
           same_bits(given, a->out, b->out);
}

/* Views become plain matrices, and vice versa. */
static bool same_otherwise(const Check *check, const Case *given, const Result *result)
{
    case_turn_views(true);
    Result turned = result_of(check, given->index);
    case_turn_views(false);
    bool same = same_result(given, result, &turned) && !turned.wrote_between;
    result_free(&turned);
    return same;
}

static void hold_refusal(const Check *check, size_t index, const Result *result)
{
    expect(is_empty(result->out) && is_empty(result->zeroed), check, index,
           "refuses, but has written to out");
    expect(speaker_length(result->message) > 0, check, index, "does not say who refuses");
    printf("%s[%zu] %s: %s\n", check->name, index, KINDS[result->status], result->message);
}

static void hold_case(const Check *check, size_t index)
{
    Case given = case_make(check, index);
    Result result = result_of(check, index);
    expect(!result.wrote_between, check, index, "writes between the rows of out");
    expect(result.changed == given.input_count, check, index, "changes an input");
    expect(result.remarks[0] == '\0', check, index, result.remarks);
    expect(same_otherwise(check, &given, &result), check, index,
           "confuses a view's stride and columns");
    if (result.status != STATUS_OK)
        hold_refusal(check, index, &result);
    else
        expect(same_bits(&given, result.out, result.zeroed), check, index,
               "lets something in out stand, or reads it");
    result_free(&result);
    case_free(&given);
}

static void hold_memory(const Check *check, size_t index)
{
    Results without = {0};
    results_without_memory(check, index, &without);
    expect(without.allocation == 0, check, index, "does not refuse when memory runs out");
}

int main(void)
{
    for (const Check *check = CHECKS; check < CHECKS + CHECK_COUNT; check++)
        for (size_t i = 0; i < check->cases; i++) {
            hold_case(check, i);
            hold_memory(check, i);
        }
    return all_hold ? EXIT_SUCCESS : EXIT_FAILURE;
}
