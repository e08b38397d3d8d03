#include "ascii_heatmap.h"
#include "assert.h"
#include "downsample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is printed goes here. */
static char *text;
static size_t text_size;

static FILE *open_text(void)
{
    FILE *stream = open_memstream(&text, &text_size);
    ck_assert_ptr_nonnull(stream);
    return stream;
}

static void free_text(void)
{
    free(text);
    text = NULL;
}

static void assert_printed(FILE *stream, const char *expected)
{
    fclose(stream);
    ck_assert_msg(strcmp(text, expected) == 0, "printed:\n%s\nexpected:\n%s", text, expected);
    free_text();
}

/* No line ends with a blank, none is wider than the screen. */
static void assert_tidy(size_t widest)
{
    for (char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        ck_assert_msg(length <= widest, "%zu columns: %.*s", length, (int)length, line);
        ck_assert_msg(length == 0 || line[length - 1] != ' ', "ends with a blank: %.*s",
                      (int)length, line);
        line += length + 1;
    }
}

static const char *const WORDS[] = {"she", "sat", "by"};
static const char *const MEANINGS[] = {"being", "x", "action", "of"};

static float numbers[] = {0.5f,  -0.001f,  12.25f, NAN,   1.0f,   0.0f,
                          -3.0f, INFINITY, 2.0f,   0.25f, 100.0f, -INFINITY};

/* --- print_matrix() -------------------------------------------------------------------------- */

TEST(a_matrix_has_a_title_a_shape_labels_and_columns_that_line_up)
{
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(numbers, 3, 4), (PrintStyle){"x", WORDS, MEANINGS, 2});
    assert_printed(stream, "x (3 x 4)\n"
                           "        being       x  action      of\n"
                           "  she    0.50    0.00   12.25     nan\n"
                           "  sat    1.00    0.00   -3.00     inf\n"
                           "  by     2.00    0.25  100.00    -inf\n");
}

TEST(what_is_left_out_is_not_printed)
{
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(numbers, 2, 3), (PrintStyle){.decimals = 0});
    print_matrix(stream, matrix_view(numbers, 2, 3), (PrintStyle){.column_labels = MEANINGS});
    print_matrix(stream, matrix_view(numbers, 1, 2), (PrintStyle){NULL, WORDS, NULL, 1});
    assert_printed(stream, "    0    0   12\n"
                           "  nan    1    0\n"
                           "  being    x  action\n"
                           "      0    0      12\n"
                           "    nan    1       0\n"
                           "  she  0.5  0.0\n");
}

TEST(views_are_printed_with_their_stride)
{
    Matrix right;
    FILE *stream = open_text();
    assert_ok(matrix_columns(matrix_view(numbers, 3, 4), 1, 2, &right));
    print_matrix(stream, right, (PrintStyle){"right", NULL, NULL, 2});
    assert_printed(stream, "right (3 x 2)\n"
                           "    0.00   12.25\n"
                           "    0.00   -3.00\n"
                           "    0.25  100.00\n");
}

TEST(a_matrix_of_nothing_has_a_title_and_a_header)
{
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(numbers, 0, 2), (PrintStyle){"none", WORDS, MEANINGS, 2});
    print_matrix(stream, matrix_view(numbers, 2, 0), (PrintStyle){"none", WORDS, MEANINGS, 2});
    assert_printed(stream, "none (0 x 2)\n"
                           "  being  x\n"
                           "none (2 x 0)\n"
                           "\n"
                           "  she\n"
                           "  sat\n");
}

TEST(labels_cannot_move_the_cursor_or_break_the_lines)
{
    const char *const rows[] = {"\033[2Jx", "two\nlines"}, *const cols[] = {NULL, "end  "};
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(numbers, 2, 2), (PrintStyle){"a\tb", rows, cols, 0});
    assert_printed(stream, "a b (2 x 2)\n"
                           "                  end\n"
                           "  ?[2Jx        0      0\n"
                           "  two lines   12    nan\n");
}

TEST(characters_of_several_bytes_line_up)
{
    const char *const rows[] = {"\xC3\xA9t\xC3\xA9", "ete"}, *const cols[] = {"\xE2\x86\x92"};
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(numbers + 4, 2, 1), (PrintStyle){NULL, rows, cols, 0});
    assert_printed(stream, "       \xE2\x86\x92\n"
                           "  \xC3\xA9t\xC3\xA9  1\n"
                           "  ete  0\n");
}

TEST(eight_labelled_columns_fit_into_a_hundred)
{
    const char *const cols[] = {"free",  "free",   "place", "being",
                                "water", "action", "money", "link"};
    float wide[16];
    for (int i = 0; i < 16; i++)
        wide[i] = (float)i * -1.37f;
    FILE *stream = open_text();
    print_matrix(stream, matrix_view(wide, 2, 8), (PrintStyle){"wide", WORDS, cols, 3});
    fclose(stream);
    assert_tidy(100);
    free_text();
}

/* --- ascii_heatmap.h ------------------------------------------------------------------------- */

/* In the range of the matrix. */
static void show(FILE *stream, Matrix matrix, PrintStyle style)
{
    float low = INFINITY, high = -INFINITY;
    downsample_range((Downsampled){matrix, 1, 1}, &low, &high);
    print_ascii_heatmap(stream, matrix, style, low, high);
}

TEST(shades_go_from_blank_to_dark)
{
    float steps[10];
    for (int i = 0; i < 10; i++)
        steps[i] = (float)i;
    FILE *stream = open_text();
    show(stream, matrix_view(steps, 2, 5), (PrintStyle){"steps", WORDS, NULL, 1});
    assert_printed(stream, "steps (2 x 5)\n"
                           "  she |   ...:::---===|\n"
                           "  sat |+++***###%%%@@@|\n"
                           "  ' ' is 0.0, '@' is 9.0\n");
}

TEST(short_column_labels_stand_above_the_map)
{
    const char *const letters[] = {"a", "bb"};
    FILE *stream = open_text();
    show(stream, matrix_view(numbers + 4, 2, 2), (PrintStyle){NULL, WORDS, letters, 0});
    assert_printed(stream, "       a  bb\n"
                           "  she |@@@###|\n"
                           "  sat |   @@@|\n"
                           "  ' ' is -3, '@' is 1\n");
}

TEST(long_column_labels_become_numbers_with_a_legend)
{
    FILE *stream = open_text();
    show(stream, matrix_view(numbers, 1, 4), (PrintStyle){"x", NULL, MEANINGS, 2});
    assert_printed(stream, "x (1 x 4)\n"
                           "   0  1  2  3\n"
                           "  |      @@@???|\n"
                           "  columns: 0 being, 1 x, 2 action, 3 of\n"
                           "  ' ' is 0.00, '@' is 12.25, '?' is nan\n");
}

TEST(maps_with_one_range_can_be_compared)
{
    float half[] = {0.5f, 2.0f, -1.0f, NAN};
    FILE *stream = open_text();
    print_ascii_heatmap(stream, matrix_view(half, 1, 4), (PrintStyle){.decimals = 1}, 0.0f, 1.0f);
    assert_printed(stream, "  |+++@@@   ???|\n"
                           "  ' ' is 0.0, '@' is 1.0, '?' is nan\n");
}

TEST(an_infinite_range_has_one_shade)
{
    float mixed[] = {1.0f, INFINITY, -INFINITY};
    FILE *stream = open_text();
    print_ascii_heatmap(stream, matrix_view(mixed, 1, 3), (PrintStyle){.decimals = 0}, 0.0f,
                        INFINITY);
    assert_printed(stream, "  |+++++++++|\n"
                           "  ' ' is 0, '@' is inf\n");
}

TEST(a_map_of_one_number_or_of_none_says_so)
{
    float same[] = {0.25f, 0.25f}, none[] = {NAN, -INFINITY};
    FILE *stream = open_text();
    show(stream, matrix_view(same, 2, 1), (PrintStyle){.title = "same", .decimals = 2});
    show(stream, matrix_view(none, 1, 2), (PrintStyle){.title = "none"});
    show(stream, matrix_view(none, 0, 2), (PrintStyle){.title = "empty"});
    assert_printed(stream, "same (2 x 1)\n"
                           "  |+++|\n"
                           "  |+++|\n"
                           "  '+' is 0.25\n"
                           "none (1 x 2)\n"
                           "  |???+++|\n"
                           "  no finite number, '?' is nan\n"
                           "empty (0 x 2)\n"
                           "  no finite number\n");
}

/* A wave, so that every shade occurs. */
static Matrix wave(size_t rows, size_t cols)
{
    Matrix matrix;
    assert_ok(matrix_create(rows, cols, &matrix));
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            matrix_row(matrix, r)[c] = sinf((float)r * 0.3f + (float)c * 0.1f);
    return matrix;
}

/* Many labels, all different. */
static const char *const *many_labels(void)
{
    static char names[400][16];
    static const char *labels[400];
    for (int i = 0; i < 400; i++) {
        snprintf(names[i], sizeof names[i], "w%d", i);
        labels[i] = names[i];
    }
    return labels;
}

static const struct {
    size_t rows, cols;
    bool labels;
} SHAPES[] = {{1, 1, true},    {20, 22, true}, {20, 26, true},  {2, 36, true},
              {2, 70, true},   {3, 78, true},  {64, 128, true}, {400, 300, true},
              {101, 5, false}, {5, 77, false}, {3, 400, false}};

TEST_ROWS(maps_fit_into_a_screen, SHAPES)
{
    const char *const *labels = SHAPES[_i].labels ? many_labels() : NULL;
    Matrix matrix = wave(SHAPES[_i].rows, SHAPES[_i].cols);
    FILE *stream = open_text();
    show(stream, matrix, (PrintStyle){"wave", labels, labels, 2});
    fclose(stream);
    assert_tidy(80);
    size_t bars = 0;
    for (const char *c = text; *c != '\0'; c++)
        bars += *c == '|';
    ck_assert_uint_le(bars, 200);
    ck_assert_uint_ge(bars, SHAPES[_i].rows < 100 ? 2 * SHAPES[_i].rows : 100);
    free_text();
    matrix_free(&matrix);
}

TEST(a_large_map_shows_the_means_of_blocks)
{
    float halves[150];
    for (int i = 0; i < 150; i++)
        halves[i] = i > 76 && i % 2 == 1 ? 2.0f : 0.0f;
    FILE *stream = open_text();
    show(stream, matrix_view(halves, 1, 150), (PrintStyle){"x", NULL, NULL, 2});
    fclose(stream);
    ck_assert_msg(strstr(text, "  ' ' is 0.00, '@' is 2.00\n"
                               "  each cell is the mean of 1 x 2 numbers\n") != NULL,
                  "%s", text);
    free_text();
}

TEST(a_long_row_label_leaves_some_room_for_the_map)
{
    char label[100];
    const char *const labels[] = {label};
    memset(label, 'a', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    float few[] = {1, 2, 3};
    FILE *stream = open_text();
    show(stream, matrix_view(few, 1, 3), (PrintStyle){NULL, labels, NULL, 0});
    fclose(stream);
    ck_assert_msg(strstr(text, "aaa |   +++@@@|\n") != NULL, "%s", text);
    free_text();
}
