#include "assert.h"

#include "array_file.h"
#include "frail_memory.h"
#include "text_array.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Status parse_as(const char *text, ArrayKind kind, Array *array)
{
    return array_parse("x.txt", (const unsigned char *)text, strlen(text), kind, array);
}

static void assert_reads(const char *text, const char *shape, const float *values)
{
    Array array;
    char shape_text[SHAPE_TEXT_SIZE];
    assert_ok(parse_as(text, ARRAY_NUMBERS, &array));
    ck_assert_str_eq(array_shape_text(array, shape_text), shape);
    ck_assert_ptr_nonnull(array.data);
    for (size_t i = array.dims; i < ARRAY_MAX_DIMS; i++)
        ck_assert_uint_eq(array.shape[i], 0);
    for (size_t i = 0; i < array_size(array); i++)
        ck_assert_msg(array.data[i] == values[i], "\"%s\": element %zu is %.9g, expected %.9g",
                      text, i, (double)array.data[i], (double)values[i]);
    array_free(&array);
}

static void assert_refused_as(ArrayKind kind, const char *text, const char *message)
{
    Array array = {.dims = 1};
    assert_fails(parse_as(text, kind, &array), STATUS_FORMAT, message);
    ck_assert_ptr_null(array.data);
    ck_assert_uint_eq(array.dims, 0);
}

static void assert_refused(const char *text, const char *message)
{
    assert_refused_as(ARRAY_NUMBERS, text, message);
}

TEST(a_line_is_a_row)
{
    float values[] = {1, 2, 3, 4, 5, 6};
    assert_reads("1 2 3\n4 5 6\n", "(2, 3)", values);
    assert_reads("1 2 3\n4 5 6", "(2, 3)", values);
    assert_reads("1 2\n3 4\n5 6\n", "(3, 2)", values);
    assert_reads("1 2 3\n", "(1, 3)", values);
}

TEST(one_number_per_line_is_a_vector)
{
    float values[] = {1, 2, 3};
    assert_reads("1\n2\n3\n", "(3,)", values);
    assert_reads("1", "(1,)", values);
}

TEST(numbers_stand_between_blanks_or_commas)
{
    float values[] = {1, 2, 3, 4, 5, 6};
    assert_reads("1,2,3\n4,5,6\n", "(2, 3)", values);
    assert_reads(" 1 ,\t2, 3 \n4 5\v6\f\n", "(2, 3)", values);
}

TEST(comments_and_empty_lines_are_skipped)
{
    float values[] = {1, 2, 3, 4};
    assert_reads("# Gr\xc3\xbc\xc3\x9f"
                 "e, 7 8 9\n\n1 2#3\n  \t\n  # 5\n3 4 # the end",
                 "(2, 2)", values);
}

TEST(lines_end_in_any_of_the_three_ways)
{
    float values[] = {1, 2, 3, 4};
    assert_reads("1 2\r\n3 4\r\n", "(2, 2)", values);
    assert_reads("1 2\r3 4\r", "(2, 2)", values);
    assert_refused("1 2\r\n\r\n3\r\n", "x.txt: line 3 has 1 numbers, expected 2 as in line 1");
    assert_refused("1 2\r\r3\r", "x.txt: line 3 has 1 numbers, expected 2 as in line 1");
}

TEST(a_byte_order_mark_is_skipped)
{
    assert_reads("\xef\xbb\xbf"
                 "1 2\n",
                 "(1, 2)", (float[]){1, 2});
    assert_refused("\xef\xbb", "'\\xef\\xbb' is not a number");
}

TEST(numbers_may_be_written_in_all_decimal_ways)
{
    assert_reads("1. .5 -2.5e3 +7E-2 007 1e+2", "(1, 6)", (float[]){1, 0.5F, -2500, 0.07F, 7, 100});
    assert_reads("0.1 16777217 3.4028235e38 1.00000005960464477539062500001", "(1, 4)",
                 (float[]){0.1F, 16777216, FLT_MAX, 0x1.000002p0F});
}

TEST(nan_and_infinity_are_numbers_in_any_case)
{
    Array array;
    assert_ok(parse_as("nan NaN -nan inf -INF +Infinity -infinity", ARRAY_NUMBERS, &array));
    ck_assert_uint_eq(array_size(array), 7);
    for (size_t i = 0; i < 3; i++)
        ck_assert(isnan(array.data[i]));
    for (size_t i = 3; i < 7; i++)
        ck_assert(array.data[i] == (i % 2 == 1 ? INFINITY : -INFINITY));
    array_free(&array);
}

TEST(what_is_too_small_becomes_the_nearest_float)
{
    assert_reads("1e-300 -1e-400 1e-40", "(1, 3)", (float[]){0, 0, 1e-40F});
}

TEST(what_is_too_great_is_refused)
{
    assert_refused("1 2\n3 1e300\n",
                   "x.txt: line 2, column 2: '1e300' is beyond what float32 can hold");
    assert_refused("-3.5e38", "line 1, column 1: '-3.5e38' is beyond what float32 can hold");
}

static const char *const NO_NUMBERS[] = {
    "1.2.3", "0x10",   "0X1p3", "nan(1)", "abc", "1e",    "e5",    "--1", "+",   "1;2",  "1_000",
    "1f",    "1.0.",   ".",     "infin",  "i",   "True",  "1:2",   "'1'", "(1",  "1)",   "-x1",
    "1e5.5", "nan(1)", "0b1",   "1+2j",   "$1",  "\"1\"", "1\xc2", "2/3", "1e+", "infx", "NaNs",
};

TEST(what_is_no_number_is_named_with_its_place)
{
    for (size_t i = 0; i < sizeof NO_NUMBERS / sizeof *NO_NUMBERS; i++) {
        char text[40];
        snprintf(text, sizeof text, "1 2 3\n\n4 5 %s\n", NO_NUMBERS[i]);
        assert_refused(text, "x.txt: line 3, column 3: ");
        assert_refused(text, " is not a number");
    }
    assert_refused("1.2.3", "x.txt: line 1, column 1: '1.2.3' is not a number");
    assert_refused("1,a,3", "column 2: 'a' is not a number");
    assert_refused("7 the_bank_by_the_river_is_a_word_too_long_to_show",
                   "line 1, column 2: 'the_bank_by_the_river_is_a_word...' is not a number");
}

TEST(missing_numbers_between_commas_are_named)
{
    assert_refused("1,,3\n", "x.txt: line 1, column 2: no number before the comma");
    assert_refused(",3\n", "x.txt: line 1, column 1: no number before the comma");
    assert_refused("1,2\n1, \n", "x.txt: line 2, column 2: no number after the comma");
    assert_refused("1,", "x.txt: line 1, column 2: no number after the comma");
    assert_refused("1, # 2", "x.txt: line 1, column 2: no number after the comma");
}

TEST(rows_of_unequal_length_are_refused_with_both_counts)
{
    assert_refused("# two rows\n1 2 3\n\n4 5\n",
                   "x.txt: line 4 has 2 numbers, expected 3 as in line 2");
    assert_refused("1\n2\n3 4\n", "x.txt: line 3 has 2 numbers, expected 1 as in line 1");
}

TEST(files_without_numbers_are_refused)
{
    assert_refused("", "x.txt: the file is empty");
    assert_refused(" ", "x.txt: there are no numbers in it");
    assert_refused("# only a comment\n\n", "x.txt: there are no numbers in it");
}

TEST(what_is_no_text_is_refused)
{
    Array array;
    const unsigned char nul[] = "1 2\n3 \0 4\n", garbage[] = "\x80\x02}q";
    assert_fails(array_parse("x.txt", nul, sizeof nul - 1, ARRAY_NUMBERS, &array), STATUS_FORMAT,
                 "x.txt: neither .npy nor text: byte 6 is 0x00");
    assert_fails(array_parse("x.npy", garbage, 4, ARRAY_NUMBERS, &array), STATUS_FORMAT,
                 "x.npy: neither .npy nor text: byte 1 is 0x02");
    assert_refused("1 2\n\x7f", "byte 4 is 0x7f");
    assert_refused("\x93NUMPX1 2\n", "x.txt: line 1, column 1: '\\x93NUMPX1' is not a number");
    assert_refused("PK\x03\x04 and more",
                   "x.txt: a ZIP archive (.npz or .pt?), expected one array");
    assert_refused("PK\x03", "neither .npy nor text");
}

TEST(nothing_is_read_beyond_the_end)
{
    Array array;
    /* On the heap, so that a sanitizer sees a step beyond it. */
    unsigned char *bytes = malloc(5);
    memcpy(bytes, "1 2.5", 5);
    assert_ok(array_parse("x.txt", bytes, 5, ARRAY_NUMBERS, &array));
    ck_assert(array.data[1] == 2.5F);
    array_free(&array);
    memcpy(bytes, "1 2e\r", 5);
    assert_fails(array_parse("x.txt", bytes, 5, ARRAY_NUMBERS, &array), STATUS_FORMAT, "'2e'");
    free(bytes);
}

TEST(a_mask_holds_zeros_and_ones_only)
{
    Array array;
    assert_ok(parse_as("1 0 1.0\n0 0e5 -0\n", ARRAY_MASK, &array));
    float expected[] = {1, 0, 1, 0, 0, 0};
    assert_matrix_equal(array_matrix(array, 0), matrix_view(expected, 2, 3));
    array_free(&array);
    assert_refused_as(ARRAY_MASK, "1 0\n0 2\n",
                      "x.txt: line 2, column 2: '2' is not 0 or 1, which a mask must hold");
    assert_refused_as(ARRAY_MASK, "1 nan\n", "'nan' is not 0 or 1");
    assert_refused_as(ARRAY_MASK, "True\n", "'True' is not a number");
}

TEST(long_lines_and_long_numbers_are_read)
{
    enum { COUNT = 30000 };
    Array array;
    char *text = malloc(8 * COUNT + 1), *end = text;
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end, "%d ", i % 4321);
    assert_ok(parse_as(text, ARRAY_NUMBERS, &array));
    ck_assert_uint_eq(array.shape[0], 1);
    ck_assert_uint_eq(array.shape[1], COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert(array.data[i] == (float)(i % 4321));
    array_free(&array);
    memset(text, '0', 2000);
    strcpy(text + 1022, "7");
    assert_reads(text, "(1,)", (float[]){7});
    strcpy(text + 1022, "07");
    assert_refused(text, "column 1: '0000000000000000000000000000000...' is too long for a number");
    free(text);
}

TEST(a_shape_comment_on_the_first_line_is_obeyed)
{
    float values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    assert_reads("# shape (2, 3, 2)\n1 2\n3 4\n5 6\n\n7 8\n9 10\n11 12\n", "(2, 3, 2)", values);
    assert_reads("# shape (2, 1)\n1\n2\n", "(2, 1)", values);
    assert_reads("# shape (3,)\n1\n2\n3\n", "(3,)", values);
    assert_reads("# shape (0, 4)\n", "(0, 4)", NULL);
    assert_reads("# shape (3, 0)\r\n", "(3, 0)", NULL);
}

TEST(a_comment_that_is_only_alike_is_a_comment)
{
    const char *const comments[] = {
        "# shape (1, 2, 1) or so",
        "# shape of it: (1, 2, 1)",
        "# the shape (1, 2, 1)",
        "# shape (1, 2, 1",
        "# shape ()",
        "# shape (1, 1, 1, 1, 2)",
        "\n# shape (1, 2, 1)",
        "# shape (4294967296, 4294967296)",
    };
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s\n1 2\n", comments[i]);
        assert_reads(text, "(1, 2)", (float[]){1, 2});
    }
}

TEST(a_shape_comment_that_does_not_fit_is_refused)
{
    assert_refused("# shape (2, 3, 2)\n1 2\n3 4\n5 6\n",
                   "x.txt: line 1 says shape (2, 3, 2), but there are 3 rows of 2 numbers");
    assert_refused("# shape (2, 3)\n1 2\n3 4\n5 6\n",
                   "x.txt: line 1 says shape (2, 3), but there are 3 rows of 2 numbers");
    assert_refused("# shape (2,)\n1 2\n", "line 1 says shape (2,)");
    assert_refused("# shape (2, 3)\n", "but there are 0 rows of 0 numbers");
}

/* What text_write() makes of an array, to be freed. */
static char *written(Array array)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(stream);
    ck_assert(text_write(stream, array));
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static void assert_writes(Array array, const char *expected)
{
    char *text = written(array);
    ck_assert_str_eq(text, expected);
    free(text);
}

TEST(matrices_and_vectors_are_written_as_numpy_does)
{
    float values[] = {1, -2.5F, 0.1F, 1e-30F, 3e20F, 0};
    assert_writes((Array){values, 2, {2, 3}}, "1 -2.5 0.100000001\n1e-30 3.00000006e+20 0\n");
    assert_writes((Array){values, 2, {1, 2}}, "1 -2.5\n");
    assert_writes((Array){values, 1, {3}}, "1\n-2.5\n0.100000001\n");
}

TEST(nan_is_written_without_a_sign)
{
    float values[] = {NAN, -NAN, INFINITY, -INFINITY};
    assert_writes((Array){values, 2, {1, 4}}, "nan nan inf -inf\n");
}

TEST(other_shapes_are_told_by_a_comment)
{
    float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_writes((Array){values, 3, {2, 1, 3}}, "# shape (2, 1, 3)\n1 2 3\n\n4 5 6\n");
    assert_writes((Array){values, 4, {2, 2, 2, 1}},
                  "# shape (2, 2, 2, 1)\n1\n2\n\n3\n4\n\n5\n6\n\n7\n8\n");
    assert_writes((Array){values, 2, {3, 1}}, "# shape (3, 1)\n1\n2\n3\n");
    assert_writes((Array){values, 2, {0, 4}}, "# shape (0, 4)\n");
    assert_writes((Array){values, 3, {3, 4, 0}}, "# shape (3, 4, 0)\n");
    assert_writes((Array){values, 1, {0}}, "# shape (0,)\n");
}

TEST(what_is_written_is_read_back_to_the_bit)
{
    float values[24] = {FLT_MAX, FLT_MIN, FLT_TRUE_MIN, 0.1F, 1.0F / 3, -0.0F, FLT_EPSILON, 1e10F};
    for (int i = 8; i < 24; i++)
        values[i] = (float)sin(i) * powf(10, (float)(3 * i - 40));
    Array arrays[] = {
        {values, 1, {24}},         {values, 2, {4, 6}},       {values, 2, {24, 1}},
        {values, 2, {1, 24}},      {values, 2, {1, 1}},       {values, 3, {2, 3, 4}},
        {values, 4, {2, 3, 1, 4}}, {values, 4, {4, 1, 6, 1}}, {values, 3, {0, 3, 2}},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        Array back;
        char shape[SHAPE_TEXT_SIZE], back_shape[SHAPE_TEXT_SIZE], *text = written(arrays[i]);
        assert_ok(parse_as(text, ARRAY_NUMBERS, &back));
        ck_assert_str_eq(array_shape_text(back, back_shape), array_shape_text(arrays[i], shape));
        ck_assert_mem_eq(back.data, values, array_size(back) * sizeof *values);
        array_free(&back);
        free(text);
    }
}

TEST(without_memory_nothing_is_read)
{
    char text[4 * 300 + 1] = "";
    for (int i = 0; i < 300; i++)
        strcat(text, "1 2\n");
    for (size_t n = 1;; n++) {
        Array array;
        memory_fail_at(n);
        Status status = parse_as(text, ARRAY_NUMBERS, &array);
        if (!memory_has_failed()) {
            ck_assert_uint_gt(n, 2);
            assert_ok(status);
            array_free(&array);
            break;
        }
        assert_fails(status, STATUS_NO_MEMORY, "out of memory");
        ck_assert_ptr_null(array.data);
    }
    memory_fail_at(0);
}
