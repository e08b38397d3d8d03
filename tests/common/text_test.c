#include "assert.h"
#include "downsample.h"
#include "text.h"
#include "text_line.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- text.h ---------------------------------------------------------------------------------- */

static void clean(const char *text, char *result)
{
    char character[CHARACTER_SIZE];
    *result = '\0';
    while (text_next(&text, character))
        strcat(result, character);
}

static const struct {
    const char *text, *clean;
} TEXTS[] = {
    {"", ""},
    {"plain ~", "plain ~"},
    {"tab\tline\nreturn\r", "tab line return "},
    {"bell\a escape\033[2J delete\177", "bell? escape?[2J delete?"},
    {"Gr\xC3\xB6\xC3\x9F"
     "e \xE2\x86\x92 \xF0\x9F\x8F\xA6",
     "Gr\xC3\xB6\xC3\x9F"
     "e \xE2\x86\x92 \xF0\x9F\x8F\xA6"},
    {"control \xC2\x85", "control ??"},
    {"begins \x80\xBF wrong", "begins ?? wrong"},
    {"too long \xC0\xAF \xE0\x80\xAF \xF0\x80\x80\xAF", "too long ?? ??? ????"},
    {"surrogate \xED\xA0\x80", "surrogate ???"},
    {"not in XML \xEF\xBF\xBE \xEF\xBF\xBF", "not in XML ??? ???"},
    {"beyond \xF4\x90\x80\x80 \xF5", "beyond ???? ?"},
    {"ends in the middle \xE2\x86", "ends in the middle ??"},
    {"goes on wrongly \xC3(", "goes on wrongly ?("},
};

TEST_ROWS(what_is_not_printable_is_replaced, TEXTS)
{
    char result[128];
    clean(TEXTS[_i].text, result);
    ck_assert_str_eq(result, TEXTS[_i].clean);
    ck_assert_uint_eq(text_columns(TEXTS[_i].text), text_columns(TEXTS[_i].clean));
}

TEST(width_counts_characters_not_bytes)
{
    const char *const labels[] = {"a", NULL, "\xE2\x86\x92\xE2\x86\x92\xE2\x86\x92", "bc"};
    ck_assert_uint_eq(text_columns(NULL), 0);
    ck_assert_uint_eq(text_columns("q\xC2\xB7k"), 3);
    ck_assert_uint_eq(text_widest(labels, 4), 3);
    ck_assert_uint_eq(text_widest(labels, 2), 1);
    ck_assert_uint_eq(text_widest(NULL, 4), 0);
}

static const struct {
    double value;
    int decimals;
    const char *text;
} NUMBERS[] = {
    {0.125, 2, "0.12"},      {-0.004, 2, "0.00"},
    {-0.006, 2, "-0.01"},    {-0.0, 0, "0"},
    {-0.4, 0, "0"},          {-10.0, 0, "-10"},
    {1.5, 3, "1.500"},       {2.0, -1, "2"},
    {(double)NAN, 2, "nan"}, {-(double)NAN, 2, "nan"},
    {HUGE_VAL, 2, "inf"},    {-HUGE_VAL, 0, "-inf"},
    {2e30, 3, "2e+30"},      {-123456789e20, 0, "-1.234568e+28"},
};

TEST_ROWS(numbers_have_as_many_decimals_as_asked_for, NUMBERS)
{
    char text[NUMBER_SIZE];
    ck_assert_str_eq(number_text(NUMBERS[_i].value, NUMBERS[_i].decimals, text), NUMBERS[_i].text);
}

TEST(the_longest_numbers_are_not_cut)
{
    char text[NUMBER_SIZE];
    number_text(-999999999999999.0, 1000, text);
    ck_assert_uint_eq(strlen(text), 1 + 15 + 1 + NUMBER_MAX_DECIMALS);
    ck_assert_double_eq(strtod(text, NULL), -999999999999999.0);
}

/* --- text_line.h ----------------------------------------------------------------------------- */

TEST(lines_line_up_and_have_no_blanks_at_their_ends)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    TextLine line = {stream, 0, 0};
    text_blanks(&line, 2);
    text_left(&line, "ab", 4);
    text_right(&line, "\xC3\xB6", 3);
    ck_assert_uint_eq(line.column, 9);
    text_left(&line, "wide", 2);
    text_right(&line, "wider", 2);
    text_put(&line, " end  ");
    text_put(&line, NULL);
    text_left(&line, NULL, 5);
    text_end(&line);
    ck_assert_uint_eq(line.column, 0);
    text_right(&line, "x", 2);
    text_end(&line);
    text_title(&line, NULL, 1, 2);
    text_title(&line, "t", 10, 2);
    fclose(stream);
    ck_assert_str_eq(text, "  ab    \xC3\xB6widewider end\n x\nt (10 x 2)\n");
    free(text);
}

/* --- downsample.h ---------------------------------------------------------------------------- */

TEST(blocks_are_as_small_as_the_room_allows)
{
    ck_assert_uint_eq(downsample_block(0, 10), 1);
    ck_assert_uint_eq(downsample_block(10, 10), 1);
    ck_assert_uint_eq(downsample_block(11, 10), 2);
    ck_assert_uint_eq(downsample_block(30, 10), 3);
    ck_assert_uint_eq(downsample_block(SIZE_MAX, 1), SIZE_MAX);
}

TEST(a_cell_is_the_mean_of_its_block)
{
    float numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Downsampled blocks = {matrix_view(numbers, 3, 5), 2, 3};
    ck_assert_uint_eq(downsample_rows(blocks), 2);
    ck_assert_uint_eq(downsample_cols(blocks), 2);
    assert_close(downsample_value(blocks, 0, 0), (1 + 2 + 3 + 6 + 7 + 8) / 6.0, TOLERANCE);
    assert_close(downsample_value(blocks, 0, 1), (4 + 5 + 9 + 10) / 4.0, TOLERANCE);
    assert_close(downsample_value(blocks, 1, 0), 12.0, TOLERANCE);
    assert_close(downsample_value(blocks, 1, 1), 14.5, TOLERANCE);
    float strange[] = {1, NAN, 2, -INFINITY};
    Downsampled pairs = {matrix_view(strange, 1, 4), 1, 2};
    assert_close(downsample_value(pairs, 0, 0), NAN, TOLERANCE);
    assert_close(downsample_value(pairs, 0, 1), -INFINITY, TOLERANCE);
}

TEST(cells_of_a_view_have_its_stride)
{
    float numbers[] = {1, 2, 3, 4, 5, 6};
    Matrix right;
    assert_ok(matrix_columns(matrix_view(numbers, 2, 3), 1, 2, &right));
    assert_close(downsample_value((Downsampled){right, 1, 1}, 1, 0), 5.0, TOLERANCE);
}

TEST(range_is_that_of_the_finite_cells)
{
    float numbers[] = {NAN, -3, INFINITY, 7, -INFINITY, 2}, low = INFINITY, high = -INFINITY;
    downsample_range((Downsampled){matrix_view(numbers, 2, 3), 1, 1}, &low, &high);
    assert_close(low, -3.0, TOLERANCE);
    assert_close(high, 7.0, TOLERANCE);
    downsample_range((Downsampled){matrix_view(numbers, 0, 3), 1, 1}, &low, &high);
    assert_close(low, -3.0, TOLERANCE);
    ck_assert_uint_eq(downsample_rows((Downsampled){matrix_view(numbers, 0, 3), 2, 2}), 0);
}
