#include "assert.h"

#include "scan.h"

#include <stdint.h>
#include <string.h>

static Scanner scanner(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    return (Scanner){bytes, bytes + strlen(text)};
}

TEST(blanks_are_stepped_over)
{
    Scanner text = scanner(" \t\r\n x ");
    scan_blanks(&text);
    ck_assert(scan_equals(text, "x "));
    text = scanner("  ");
    scan_blanks(&text);
    ck_assert(scan_equals(text, ""));
}

TEST(only_the_expected_text_is_stepped_over)
{
    Scanner text = scanner("  True, False");
    ck_assert(!scan_text(&text, "False"));
    ck_assert(scan_equals(text, "True, False"));
    ck_assert(scan_text(&text, "True"));
    ck_assert(scan_equals(text, ", False"));
    ck_assert(!scan_text(&text, ", False, and more"));
}

TEST(nothing_is_read_beyond_the_end)
{
    Scanner text = scanner("  True");
    text.end -= 2;
    ck_assert(!scan_text(&text, "True"));
    ck_assert(scan_text(&text, "Tr"));
    ck_assert(!scan_equals(text, "u"));
    Array shape;
    text = scanner("(2, 34)");
    text.end -= 2;
    ck_assert(!scan_shape(&text, &shape));
    ck_assert_uint_eq(shape.shape[1], 3);
}

static const struct {
    const char *text;
    size_t dims;
    size_t shape[ARRAY_MAX_DIMS];
} SHAPES[] = {
    {"()", 0, {0}},
    {"(7)", 1, {7}},
    {"(7,)", 1, {7}},
    {"(2, 3)", 2, {2, 3}},
    {"(2,3,)", 2, {2, 3}},
    {" ( 2 , 3 , 4 , 0 , ) ", 4, {2, 3, 4, 0}},
    {"(1, 2, 3, 4, 5)", 5, {1, 2, 3, 4}},
};

TEST(shapes_are_read_as_python_writes_them)
{
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        Scanner text = scanner(SHAPES[i].text);
        Array shape;
        ck_assert_msg(scan_shape(&text, &shape), "%s is a shape", SHAPES[i].text);
        ck_assert_ptr_null(shape.data);
        ck_assert_uint_eq(shape.dims, SHAPES[i].dims);
        for (size_t j = 0; j < ARRAY_MAX_DIMS; j++)
            ck_assert_uint_eq(shape.shape[j], SHAPES[i].shape[j]);
    }
}

static const char *const NO_SHAPES[] = {"",     "2, 3",  "(",      "(2",     "(,)",      "(2 3)",
                                        "(-2)", "(2,,)", "(2, x)", "[2, 3]", "(2.0, 3)", "(0x2,)"};

TEST(what_is_no_shape_is_refused)
{
    for (size_t i = 0; i < sizeof NO_SHAPES / sizeof *NO_SHAPES; i++) {
        Scanner text = scanner(NO_SHAPES[i]);
        Array shape;
        ck_assert_msg(!scan_shape(&text, &shape), "'%s' is no shape", NO_SHAPES[i]);
    }
}

TEST(a_size_too_large_does_not_wrap_around)
{
    Array shape;
    Scanner text = scanner("(18446744073709551615, 18446744073709551616, 20000000000000000000)");
    ck_assert(scan_shape(&text, &shape));
    ck_assert_uint_eq(shape.shape[0], SIZE_MAX);
    ck_assert_uint_eq(shape.shape[1], SIZE_MAX);
    ck_assert_uint_eq(shape.shape[2], SIZE_MAX);
}

TEST(a_shape_fits_when_its_bytes_can_be_counted)
{
    size_t most = PTRDIFF_MAX / 4;
    ck_assert(shape_fits((Array){NULL, 1, {most}}, 4));
    ck_assert(!shape_fits((Array){NULL, 1, {most + 1}}, 4));
    ck_assert(shape_fits((Array){NULL, 2, {most / 3, 3}}, 4));
    ck_assert(!shape_fits((Array){NULL, 2, {most / 3 + 1, 3}}, 4));
    ck_assert(!shape_fits((Array){NULL, 2, {most, 4}}, 4));
    ck_assert(!shape_fits((Array){NULL, 2, {SIZE_MAX, SIZE_MAX}}, 1));
}

TEST(a_size_of_zero_does_not_excuse_the_others)
{
    ck_assert(shape_fits((Array){NULL, 2, {0, 4}}, 8));
    ck_assert(!shape_fits((Array){NULL, 3, {0, PTRDIFF_MAX, 2}}, 1));
    ck_assert(!shape_fits((Array){NULL, 3, {100000000000000000, 0, 3}}, 4));
}

TEST(a_shape_has_one_to_four_dimensions)
{
    ck_assert(!shape_fits((Array){NULL, 0, {0}}, 4));
    ck_assert(shape_fits((Array){NULL, 4, {1, 2, 3, 4}}, 4));
    ck_assert(!shape_fits((Array){NULL, 5, {1, 2, 3, 4}}, 4));
}

TEST(a_quote_is_printable)
{
    char quote[QUOTE_SIZE];
    ck_assert_str_eq(scan_quote(scanner("1.2.3"), quote), "'1.2.3'");
    ck_assert_str_eq(scan_quote(scanner("a\n\x1b[2J"), quote), "'a\\x0a\\x1b[2J'");
    ck_assert_str_eq(scan_quote(scanner("\xe2\x88\x92"
                                        "1.5"),
                                quote),
                     "'\\xe2\\x88\\x921.5'");
    ck_assert_str_eq(scan_quote(scanner(""), quote), "''");
    ck_assert_str_eq(scan_quote(scanner("'<f4'"), quote), "\"'<f4'\"");
}

/* Quotes a text of this many equal letters. */
static size_t quote_letters(char letter, size_t count, char quote[QUOTE_SIZE])
{
    char text[100];
    memset(text, letter, count);
    text[count] = '\0';
    size_t length = strlen(scan_quote(scanner(text), quote));
    ck_assert_uint_lt(length, QUOTE_SIZE);
    return length;
}

TEST(a_long_quote_is_cut_and_says_so)
{
    char quote[QUOTE_SIZE];
    for (size_t count = 1; count < 100; count++) {
        size_t length = quote_letters('7', count, quote);
        if (count <= 31)
            ck_assert_uint_eq(length, count + 2);
        else
            ck_assert_str_eq(quote + length - 4, "...'");
    }
    for (size_t count = 20; count < 100; count++)
        ck_assert_str_eq(quote + quote_letters('\x80', count, quote) - 4, "...'");
    ck_assert_str_eq(quote + quote_letters('\'', 99, quote) - 4, "...\"");
}
