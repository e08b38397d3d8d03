#include "assert.h"
#include "colour.h"

#include <float.h>
#include <math.h>

/* CIE lightness L*, from 0 to 100: how light a colour seems to the eye. */
static double lightness(uint32_t colour)
{
    static const double share[] = {0.0722, 0.7152, 0.2126};
    double luminance = 0.0;
    for (int i = 0; i < 3; i++) {
        double level = (colour >> 8 * i & 0xFF) / 255.0;
        luminance +=
            share[i] * (level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4));
    }
    return luminance > 0.008856 ? 116.0 * cbrt(luminance) - 16.0 : 903.3 * luminance;
}

START_TEST(equal_steps_are_equally_lighter)
{
    ColourScale scale = colour_scale(0.0f, 1.0f);
    double whole = lightness(colour_of(scale, 1.0)) - lightness(colour_of(scale, 0.0));
    ck_assert_double_ge(whole, 70.0);
    for (int i = 0; i < 10; i++) {
        double step =
            lightness(colour_of(scale, (i + 1) / 10.0)) - lightness(colour_of(scale, i / 10.0));
        ck_assert_double_eq_tol(step, whole / 10.0, 2.5);
    }
}
END_TEST

START_TEST(ends_have_the_ends_of_the_palette_and_hold_what_is_beyond)
{
    ColourScale scale = colour_scale(2.0f, 6.0f);
    ck_assert_uint_eq(colour_of(scale, 2.0), 0x440154);
    ck_assert_uint_eq(colour_of(scale, 6.0), 0xFDE725);
    ck_assert_uint_eq(colour_of(scale, -100.0), 0x440154);
    ck_assert_uint_eq(colour_of(scale, FLT_MAX), 0xFDE725);
}
END_TEST

START_TEST(numbers_of_both_signs_meet_in_white)
{
    ColourScale scale = colour_scale(-1.0f, 3.0f);
    ck_assert_uint_eq(colour_of(scale, 0.0), 0xF7F7F7);
    uint32_t below = colour_of(scale, -1.0), above = colour_of(scale, 1.0);
    ck_assert_uint_gt(below & 0xFF, below >> 16);
    ck_assert_uint_gt(above >> 16, above & 0xFF);
    for (int i = 0; i < 12; i++)
        ck_assert_double_gt(lightness(colour_of(scale, i * 0.25)),
                            lightness(colour_of(scale, (i + 1) * 0.25)));
}
END_TEST

START_TEST(the_same_distance_from_zero_is_the_same_strength_of_colour)
{
    ColourScale narrow = colour_scale(-1.0f, 3.0f), even = colour_scale(-3.0f, 3.0f);
    for (int i = -2; i <= 6; i++)
        ck_assert_uint_eq(colour_of(narrow, i * 0.5), colour_of(even, i * 0.5));
}
END_TEST

START_TEST(what_is_no_finite_number_has_a_colour_of_its_own)
{
    ColourScale scale = colour_scale(-1.0f, 1.0f);
    ck_assert_uint_eq(colour_of(scale, (double)NAN), COLOUR_NAN);
    ck_assert_uint_eq(colour_of(scale, HUGE_VAL), COLOUR_INFINITE);
    ck_assert_uint_eq(colour_of(scale, -HUGE_VAL), COLOUR_INFINITE);
}
END_TEST

static const struct {
    float low, high;
    double scale_low, scale_high;
} RANGES[] = {
    {0.25f, 0.25f, 0.0, 0.5},
    {-2.0f, -2.0f, -4.0, 0.0},
    {0.0f, 0.0f, 0.0, 1.0},
    {INFINITY, -INFINITY, 0.0, 1.0},
    {NAN, 3.0f, 0.0, 1.0},
    {-2.0f, 5.0f, -2.0, 5.0},
    {FLT_MAX, FLT_MAX, 0.0, 2.0 * FLT_MAX},
};

START_TEST(every_range_makes_a_scale)
{
    ColourScale scale = colour_scale(RANGES[_i].low, RANGES[_i].high);
    ck_assert_double_eq(scale.low, RANGES[_i].scale_low);
    ck_assert_double_eq(scale.high, RANGES[_i].scale_high);
}
END_TEST

START_TEST(text_stands_out_from_every_colour)
{
    for (int sign = 0; sign < 2; sign++) {
        ColourScale scale = colour_scale(sign == 0 ? 0.0f : -1.0f, 1.0f);
        for (int i = -100; i <= 100; i++) {
            uint32_t ground = colour_of(scale, i * 0.01), ink = colour_ink(ground);
            ck_assert(ink == 0x000000 || ink == 0xFFFFFF);
            ck_assert_double_ge(fabs(lightness(ink) - lightness(ground)), 48.0);
        }
    }
    ck_assert_uint_eq(colour_ink(COLOUR_NAN), 0x000000);
    ck_assert_uint_eq(colour_ink(COLOUR_INFINITE), 0x000000);
    ck_assert_uint_eq(colour_ink(0x050505), 0xFFFFFF);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("colour");
    TCase *ranges = tcase_create("every_range_makes_a_scale");
    tcase_add_loop_test(ranges, every_range_makes_a_scale, 0, sizeof RANGES / sizeof *RANGES);
    suite_add_tcase(suite, ranges);
    add_test(suite, equal_steps_are_equally_lighter);
    add_test(suite, ends_have_the_ends_of_the_palette_and_hold_what_is_beyond);
    add_test(suite, numbers_of_both_signs_meet_in_white);
    add_test(suite, the_same_distance_from_zero_is_the_same_strength_of_colour);
    add_test(suite, what_is_no_finite_number_has_a_colour_of_its_own);
    add_test(suite, text_stands_out_from_every_colour);
    return suite;
}
