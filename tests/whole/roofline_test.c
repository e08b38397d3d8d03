/* The roof of chapter 10: the loops do the work that they count, and the counts make sense. */
#include "assert.h"
#include "frail_memory.h"
#include "parallel.h"
#include "roofline.h"

#include <stdint.h>

TEST(operations_are_counted_for_every_step_and_thread)
{
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++) {
        if (!isa_is_there(isa))
            continue;
        double one = roofline_compute(isa, 1, 1);
        ck_assert_msg(one >= 2 * 4 * 8, "%s: %g operations", isa_name(isa), one);
        ck_assert_double_eq(roofline_compute(isa, 1, 70), 70 * one);
        ck_assert_double_eq(roofline_compute(isa, parallel_threads(2), 3),
                            3 * one * (double)parallel_threads(2));
        ck_assert_double_eq(roofline_compute(isa, 1, 0), 0.0);
        for (size_t sums = 1; sums <= 16; sums *= 2)
            ck_assert_double_eq(roofline_chains(isa, sums, 5),
                                5.0 * (double)sums * roofline_chains(isa, 1, 1));
    }
}

TEST(every_number_is_written_whatever_the_threads)
{
    RooflineArrays arrays;
    assert_ok(roofline_arrays_create(5000, &arrays));
    ck_assert_uint_ge(arrays.count, 1250);
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++) {
        for (size_t threads = 1; isa_is_there(isa) && threads <= parallel_threads(5); threads++) {
            for (size_t i = 0; i < arrays.count; i++) {
                arrays.a[i] = -1.0f;
                arrays.b[i] = (float)i;
                arrays.c[i] = (float)(2 * i + 6);
            }
            double bytes = (double)(arrays.count * sizeof(float));
            ck_assert_double_eq(roofline_triad(&arrays, isa, threads), 3 * bytes);
            ck_assert_double_eq(roofline_read(&arrays, isa, threads), bytes);
            for (size_t i = 0; i < arrays.count; i++)
                assert_close((double)arrays.a[i], (double)(2 * i + 3), 0.0);
        }
    }
    roofline_arrays_free(&arrays);
    ck_assert_ptr_null(arrays.a);
}

TEST(a_measured_machine_does_something)
{
    Isa isa;
    Roofline roofline = {0};
    assert_ok(isa_choose(NULL, &isa));
    for (size_t threads = 0; threads < 3; threads++) {
        assert_ok(roofline_measure(isa, threads, 1 << 20, 1e-3, &roofline));
        ck_assert_msg(roofline.operations > 1e6, "%g operations", roofline.operations);
        ck_assert_msg(roofline.read > 1e6 && roofline.triad > 1e6, "%g and %g bytes", roofline.read,
                      roofline.triad);
    }
}

TEST(the_roof_is_the_lower_of_two)
{
    Roofline roofline = {.operations = 100.0, .read = 20.0, .triad = 7.0};
    ck_assert_double_eq(roofline_attainable(&roofline, 0.25), 5.0);
    ck_assert_double_eq(roofline_attainable(&roofline, 4.0), 80.0);
    ck_assert_double_eq(roofline_attainable(&roofline, 5.0), 100.0);
    ck_assert_double_eq(roofline_attainable(&roofline, 300.0), 100.0);
}

TEST(scarce_memory_is_reported)
{
    RooflineArrays arrays;
    Roofline roofline = {.operations = 1.0, .read = 2.0, .triad = 3.0};
    for (size_t n = 1; n <= 3; n++) {
        memory_fail_at(n);
        assert_fails(roofline_measure(ISA_BASELINE, 1, 1000, 0.0, &roofline), STATUS_NO_MEMORY, "");
        memory_fail_at(0);
        ck_assert_double_eq(roofline.operations + roofline.read + roofline.triad, 6.0);
    }
    assert_fails(roofline_arrays_create(SIZE_MAX, &arrays), STATUS_NO_MEMORY, "");
    ck_assert_ptr_null(arrays.a);
    ck_assert_ptr_null(arrays.b);
}
