#include "assert.h"

#include "array_file.h"
#include "frail_memory.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The bytes of a .npy file that a test makes. */
static unsigned char file[4096];
static size_t file_size;

static void add_bytes(const void *bytes, size_t count)
{
    ck_assert_uint_le(file_size + count, sizeof file);
    memcpy(file + file_size, bytes, count);
    file_size += count;
}

static void begin_file(unsigned char major, const char *dictionary)
{
    size_t length = strlen(dictionary);
    unsigned char bytes[] = {major, 0, (unsigned char)length, (unsigned char)(length >> 8), 0, 0};
    file_size = 0;
    add_bytes("\x93NUMPY", 6);
    add_bytes(bytes, major == 1 ? 4 : 6);
    add_bytes(dictionary, length);
}

static void add_number(double value, const char *descr)
{
    float narrow = (float)value;
    uint32_t narrow_bits;
    uint64_t bits;
    memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
    memcpy(&bits, &value, sizeof bits);
    size_t size = strcmp(descr, "<f4") == 0 ? 4 : strcmp(descr, "<f8") == 0 ? 8 : 1;
    if (size < 8)
        bits = size == 4 ? narrow_bits : (uint64_t)value;
    for (size_t i = 0; i < size; i++)
        add_bytes(&(unsigned char){(unsigned char)(bits >> (8 * i))}, 1);
}

/* Makes a file of the numbers 0, 1, 2, ... in the order in which they stand in it. */
static void make_file(const char *descr, const char *order, const char *shape, size_t count)
{
    char dictionary[200];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }    \n", descr, order, shape);
    begin_file(1, dictionary);
    for (size_t i = 0; i < count; i++)
        add_number((double)i, descr);
}

static Status parse(ArrayKind kind, Array *array)
{
    return array_parse("x.npy", file, file_size, kind, array);
}

static void assert_refused(ArrayKind kind, const char *text)
{
    Array array = {.dims = 1};
    assert_fails(parse(kind, &array), STATUS_FORMAT, text);
    ck_assert_msg(strncmp(last_error(), "x.npy: ", 7) == 0, "the message begins with the path");
    ck_assert_ptr_null(array.data);
    ck_assert_uint_eq(array.dims, 0);
}

static void assert_array(Array array, const char *shape, const float *values)
{
    char text[SHAPE_TEXT_SIZE];
    ck_assert_str_eq(array_shape_text(array, text), shape);
    for (size_t i = 0; i < array_size(array); i++)
        ck_assert_msg(array.data[i] == values[i], "element %zu is %g, expected %g", i,
                      (double)array.data[i], (double)values[i]);
}

TEST(both_float_types_and_all_versions_are_read)
{
    float expected[] = {0, 1, 2, 3, 4, 5};
    for (unsigned char version = 1; version <= 3; version++)
        for (int wide = 0; wide < 2; wide++) {
            Array array;
            const char *descr = wide ? "<f8" : "<f4";
            begin_file(version, wide ? "{'descr':'<f8','fortran_order':False,'shape':(2,3)}"
                                     : "{'descr':'<f4','fortran_order':False,'shape':(2,3)}");
            for (int i = 0; i < 6; i++)
                add_number(i, descr);
            assert_ok(parse(ARRAY_NUMBERS, &array));
            assert_array(array, "(2, 3)", expected);
            array_free(&array);
        }
}

TEST(fortran_order_becomes_row_major)
{
    Array array;
    make_file("<f4", "True", "(2, 3)", 6);
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(2, 3)", (float[]){0, 2, 4, 1, 3, 5});
    array_free(&array);
    make_file("<f8", "True", "(2, 1, 3, 2)", 12);
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(2, 1, 3, 2)", (float[]){0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
    array_free(&array);
    make_file("<f4", "True", "(3,)", 3);
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(3,)", (float[]){0, 1, 2});
    array_free(&array);
}

static const char *const DICTIONARIES[] = {
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'shape': (2,), 'descr': '<f4', 'fortran_order': False}",
    "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2,)}\n",
    "\t{ 'fortran_order' :True , 'shape':( 2 , ),\n'descr'\t:\t'<f4' } \n\n",
};

TEST(keys_come_in_any_order_and_with_any_blanks)
{
    for (size_t i = 0; i < sizeof DICTIONARIES / sizeof *DICTIONARIES; i++) {
        Array array;
        begin_file(1, DICTIONARIES[i]);
        add_number(7, "<f4");
        add_number(8, "<f4");
        assert_ok(parse(ARRAY_NUMBERS, &array));
        assert_array(array, "(2,)", (float[]){7, 8});
        array_free(&array);
    }
}

TEST(a_size_may_be_zero)
{
    Array array;
    make_file("<f4", "False", "(0, 4)", 0);
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(0, 4)", NULL);
    ck_assert_ptr_nonnull(array.data);
    array_free(&array);
    make_file("<f8", "True", "(3, 0, 2)", 0);
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(3, 0, 2)", NULL);
    array_free(&array);
}

TEST(masks_may_be_bool_uint8_or_float)
{
    const char *const types[] = {"|b1", "|u1", "<b1", "<u1", "<f4", "<f8"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Array array;
        make_file(types[i], "False", "(1, 2)", 2);
        assert_ok(parse(ARRAY_MASK, &array));
        assert_array(array, "(1, 2)", (float[]){0, 1});
        array_free(&array);
    }
}

TEST(a_mask_holds_zeros_and_ones_only)
{
    make_file("<f4", "False", "(2, 3)", 6);
    assert_refused(ARRAY_MASK, "x.npy: element (0, 2) is 2, expected 0 or 1 in a mask");
    make_file("|b1", "False", "(3,)", 3);
    assert_refused(ARRAY_MASK, "x.npy: element (2,) is 2, expected 0 or 1 in a mask");
    /* Row-major, wherever it stands in the file. */
    make_file("|u1", "True", "(2, 3)", 3);
    file_size -= 1;
    add_bytes("\1\0\0\377", 4);
    assert_refused(ARRAY_MASK, "element (1, 2) is 255");
    begin_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}");
    add_number(1, "<f8");
    add_number(NAN, "<f8");
    assert_refused(ARRAY_MASK, "element (1,) is nan");
}

TEST(nan_and_infinity_are_numbers)
{
    Array array;
    const char *const types[] = {"<f4", "<f8"};
    for (size_t i = 0; i < 2; i++) {
        make_file(types[i], "False", "(3,)", 0);
        add_number(NAN, types[i]);
        add_number(INFINITY, types[i]);
        add_number(-INFINITY, types[i]);
        assert_ok(parse(ARRAY_NUMBERS, &array));
        ck_assert(isnan(array.data[0]));
        ck_assert(array.data[1] == INFINITY);
        ck_assert(array.data[2] == -INFINITY);
        array_free(&array);
    }
}

TEST(float64_becomes_the_nearest_float32)
{
    double values[] = {0.1, 1e-50, -1e-40, 3.4028235e38, 0x1.fffffefffffffp127, -0.0};
    Array array;
    make_file("<f8", "False", "(6,)", 0);
    for (size_t i = 0; i < 6; i++)
        add_number(values[i], "<f8");
    assert_ok(parse(ARRAY_NUMBERS, &array));
    assert_array(array, "(6,)", (float[]){0.1F, 0, -1e-40F, 3.4028235e38F, 0x1.fffffep127F, 0});
    ck_assert(signbit(array.data[5]));
    array_free(&array);
}

TEST(what_float32_cannot_hold_is_refused_with_its_place)
{
    make_file("<f8", "False", "(2, 3)", 5);
    add_number(-1e300, "<f8");
    assert_refused(ARRAY_NUMBERS, "x.npy: element (1, 2) is -1e+300, beyond what float32 can hold");
    make_file("<f8", "False", "(1,)", 0);
    add_number(0x1.ffffffp127, "<f8");
    assert_refused(ARRAY_NUMBERS, "element (0,) is 3.40282e+38, beyond what float32 can hold");
}

static const struct {
    ArrayKind kind;
    const char *descr, *message;
} FOREIGN_TYPES[] = {
    {ARRAY_NUMBERS, "<i8",
     "x.npy: the dtype is int64 ('<i8'), expected float32 or float64; in NumPy: "
     "x.astype(numpy.float32)"},
    {ARRAY_NUMBERS, ">f4", "the dtype is big-endian float32 ('>f4'), expected float32 or float64"},
    {ARRAY_NUMBERS, ">i2", "big-endian int16 ('>i2')"},
    {ARRAY_NUMBERS, "<f2", "float16 ('<f2')"},
    {ARRAY_NUMBERS, "<f16", "float128 ('<f16')"},
    {ARRAY_NUMBERS, "|i1", "int8 ('|i1')"},
    {ARRAY_NUMBERS, "|b1", "bool ('|b1'), expected float32 or float64; in NumPy: x.astype(num"},
    {ARRAY_NUMBERS, "|u1", "uint8 ('|u1'), expected float32 or float64"},
    {ARRAY_NUMBERS, "<c8", "complex64 ('<c8'), expected float32 or float64; in NumPy: x.real.ast"},
    {ARRAY_NUMBERS, "|O", "Python objects ('|O')"},
    {ARRAY_NUMBERS, "<U5", "strings ('<U5')"},
    {ARRAY_NUMBERS, "|S5", "byte strings ('|S5')"},
    {ARRAY_NUMBERS, "<M8[ns]", "datetime64 ('<M8[ns]')"},
    {ARRAY_NUMBERS, "|V2", "raw bytes ('|V2')"},
    {ARRAY_NUMBERS, "<f99999999999999999999", "float ('<f99999999999999999999')"},
    {ARRAY_NUMBERS, "f4", "an unknown type ('f4')"},
    {ARRAY_NUMBERS, "<f4 ", "'<f4 '"},
    {ARRAY_NUMBERS, "=f4", "an unknown type ('=f4')"},
    {ARRAY_NUMBERS, "<x4", "an unknown type ('<x4')"},
    {ARRAY_NUMBERS, "<ixy", "an unknown type ('<ixy')"},
    {ARRAY_NUMBERS, "<i", "an unknown type ('<i')"},
    {ARRAY_NUMBERS, "<i0", "an unknown type ('<i0')"},
    {ARRAY_NUMBERS, "<f4x", "an unknown type ('<f4x')"},
    {ARRAY_NUMBERS, "<u 8", "an unknown type ('<u 8')"},
    {ARRAY_NUMBERS, ">c16", "the dtype is big-endian complex128 ("},
    {ARRAY_NUMBERS, "", "an unknown type ('')"},
    {ARRAY_NUMBERS, "a type with a very long name that nobody knows", "an unknown type ('a type w"},
    {ARRAY_MASK, "<i8",
     "int64 ('<i8'), expected bool, uint8, float32 or float64; in NumPy: x.astype(bool)"},
};

TEST(foreign_types_are_named_with_how_to_convert_them)
{
    for (size_t i = 0; i < sizeof FOREIGN_TYPES / sizeof *FOREIGN_TYPES; i++) {
        make_file(FOREIGN_TYPES[i].descr, "False", "(2,)", 2);
        assert_refused(FOREIGN_TYPES[i].kind, FOREIGN_TYPES[i].message);
    }
}

TEST(structured_types_are_refused)
{
    begin_file(1, "{'descr': [('sense', '<f4'), ('who', '<i8')], 'fortran_order': False, "
                  "'shape': (2,), }");
    assert_refused(ARRAY_NUMBERS, "x.npy: the dtype is structured (");
    assert_refused(ARRAY_NUMBERS, "[('sense'");
    assert_refused(ARRAY_NUMBERS, "in NumPy: x['FIELD'].astype(numpy.float32)");
    begin_file(1, "{'descr': ('<f4', (3,)), 'fortran_order': False, 'shape': (2,), }");
    assert_refused(ARRAY_MASK, "the dtype is structured (\"('<f4', (3,))");
}

static const struct {
    const char *dictionary, *message;
} GARBLED[] = {
    {"", "x.npy: garbled .npy header: expected '{', found the end"},
    {"   ", "expected '{', found the end"},
    {"{", "expected a key in quotes or '}', found the end"},
    {"{}", "no key 'descr'"},
    {"{'descr': '<f4', 'shape': (2,)}", "no key 'fortran_order'"},
    {"{'descr': '<f4', 'fortran_order': False}", "no key 'shape'"},
    {"{'fortran_order': False, 'shape': (2,)}", "no key 'descr'"},
    {"{'dtype': '<f4'}", "unknown key 'dtype', expected 'descr', 'fortran_order' and 'shape'"},
    {"{'': '<f4'}", "unknown key ''"},
    {"{'shape': (2,), 'shape': (3,)}", "two keys 'shape', expected one"},
    {"{descr: '<f4'}", "expected a key in quotes or '}', found \"descr: '<f4'}\""},
    {"{'descr", "expected a key in quotes or '}', found \"'descr\""},
    {"{'", "expected a key in quotes or '}', found \"'\""},
    {"{'descr\": '<f4'}", "unknown key 'descr\": '"},
    {"{'descr' '<f4'}", "expected ':', found \"'<f4'}\""},
    {"{'descr': 5}", "expected a type such as '<f4', found '5}'"},
    {"{'descr': None}", "expected a type such as '<f4', found 'None}'"},
    {"{'fortran_order': 1}", "expected True or False for 'fortran_order', found '1}'"},
    {"{'fortran_order': ", "expected True or False for 'fortran_order', found the end"},
    {"{'shape': 2}", "expected a shape such as (2, 3), found '2}'"},
    {"{'shape': (2, -3)}", "expected a shape such as (2, 3), found '-3)}'"},
    {"{'shape': (2 3)}", "expected a shape such as (2, 3), found '3)}'"},
    {"{'descr': '<f4' 'shape': (2,)}", "expected ',' or '}', found \"'shape': (2,)}\""},
    {"{'descr': '<f4',, 'shape': (2,)}", "expected a key in quotes or '}'"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "expected blanks after '}'"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "expected ',' or '}', found the "},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
     "x.npy: the array has 0 dimensions, expected 1 to 4"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 2, 1)}",
     "x.npy: the array has 5 dimensions, expected 1 to 4"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
     "x.npy: the shape (4294967296, 4294967296) is too large for any memory"},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 1)}",
     "is too large for any memory"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 0)}",
     "is too large for any memory"},
};

TEST(garbled_headers_are_refused)
{
    for (size_t i = 0; i < sizeof GARBLED / sizeof *GARBLED; i++) {
        begin_file(1, GARBLED[i].dictionary);
        assert_refused(ARRAY_NUMBERS, GARBLED[i].message);
    }
}

TEST(unknown_versions_are_refused)
{
    make_file("<f4", "False", "(2,)", 2);
    file[6] = 4;
    assert_refused(ARRAY_NUMBERS, "x.npy: .npy version 4.0, expected 1.0, 2.0 or 3.0");
    file[6] = 0;
    assert_refused(ARRAY_NUMBERS, "version 0.0");
    file[6] = 1;
    file[7] = 1;
    assert_refused(ARRAY_NUMBERS, "version 1.1");
}

TEST(a_file_cut_off_anywhere_is_refused)
{
    for (unsigned char version = 1; version <= 2; version++) {
        begin_file(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n");
        size_t header = file_size;
        for (int i = 0; i < 6; i++)
            add_number(i, "<f4");
        for (size_t cut = file_size; cut-- > 1;) {
            file_size = cut;
            assert_refused(ARRAY_NUMBERS, "x.npy: truncated: ");
            if (cut >= header)
                assert_refused(ARRAY_NUMBERS, "shape (2, 3) of float32 needs 24 bytes of data");
        }
    }
}

TEST(a_header_longer_than_the_file_is_told_with_both_lengths)
{
    make_file("<f4", "False", "(2,)", 2);
    file[8] = 0x34;
    file[9] = 0x12;
    assert_refused(ARRAY_NUMBERS, "header should be 4660 bytes long, but only 70 follow");
    begin_file(2, "{}");
    memset(file + 8, 0xff, 4);
    assert_refused(ARRAY_NUMBERS, "header should be 4294967295 bytes long, but only 2 follow");
}

TEST(missing_data_is_told_with_both_byte_counts)
{
    make_file("<f8", "False", "(2, 3)", 5);
    assert_refused(ARRAY_NUMBERS, "x.npy: truncated: the shape (2, 3) of float64 needs 48 bytes of "
                                  "data, but 40 follow the header");
    make_file("<f4", "False", "(1000000, 1000000, 1000)", 0);
    assert_refused(ARRAY_NUMBERS, "needs 4000000000000000 bytes of data, but 0 follow the header");
}

TEST(data_beyond_the_shape_are_refused)
{
    make_file("<f4", "False", "(2, 3)", 6);
    add_bytes("\n", 1);
    assert_refused(ARRAY_NUMBERS, "x.npy: too long: the shape (2, 3) of float32 needs 24 bytes of "
                                  "data, but 25 follow the header");
}

TEST(without_memory_nothing_is_read)
{
    Array array;
    make_file("<f4", "False", "(2, 3)", 6);
    memory_fail_at(1);
    assert_fails(parse(ARRAY_NUMBERS, &array), STATUS_NO_MEMORY, "out of memory");
    ck_assert(memory_has_failed());
    ck_assert_ptr_null(array.data);
}
