#include "wave_example.h"

#include "dot_products.h"
#include "plot.h"
#include "positional_encoding.h"
#include "print.h"

#include <math.h>
#include <stdio.h>

/* --- Integer positions, and what is wrong with them ------------------------------------------ */

enum { FAR_POSITION = 1024 };

/* How alike the two words are once both have the same position added. */
static float similarity_with(Matrix words, const float position[EXAMPLE_D_MODEL])
{
    float sums[2][EXAMPLE_D_MODEL];
    for (size_t i = 0; i < 2; i++)
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
            sums[i][c] = matrix_row(words, i)[c] + position[c];
    return cosine_similarity(sums[0], sums[1], EXAMPLE_D_MODEL);
}

/* Row 0 of the table has the similarities with integers added, row 1 with sinusoids. */
static void fill_similarities(Matrix words, const float *positions, Matrix table)
{
    float p[EXAMPLE_D_MODEL];
    for (size_t i = 0; i < table.cols; i++) {
        integer_positions((size_t)positions[i], matrix_view(p, 1, EXAMPLE_D_MODEL));
        matrix_row(table, 0)[i] = similarity_with(words, p);
        sinusoidal_positions((size_t)positions[i], matrix_view(p, 1, EXAMPLE_D_MODEL));
        matrix_row(table, 1)[i] = similarity_with(words, p);
    }
}

static Status plot_similarities(Matrix words)
{
    float positions[FAR_POSITION], table[2][FAR_POSITION];
    for (size_t i = 0; i < FAR_POSITION; i++)
        positions[i] = (float)(i + 1);
    fill_similarities(words, positions, matrix_view(table[0], 2, FAR_POSITION));
    const Curve curves[] = {{"integers added", positions, table[0], FAR_POSITION},
                            {"sinusoids added", positions, table[1], FAR_POSITION}};
    return plot_curves(&(CurvePlot){.name = "06_integers",
                                    .title = "Integer positions drown the words",
                                    .x_axis = "position of both words",
                                    .y_axis = "cosine similarity of river and money",
                                    .curves = curves,
                                    .curve_count = 2,
                                    .log_x = true});
}

Status show_integer_positions(void)
{
    Status status = STATUS_OK;
    static const float POSITIONS[] = {0, 1, 10, 100, 1000};
    static const char *const COLUMNS[] = {"t = 0", "1", "10", "100", "1000"};
    static const char *const ROWS[] = {"integers", "sinusoids"};
    float table[2][5];
    Sentence words = {0};
    TRY(sentence_create("river money", &words));
    fill_similarities(words.x, POSITIONS, matrix_view(table[0], 2, 5));
    print_matrix(stdout, matrix_view(table[0], 2, 5),
                 (PrintStyle){"cosine similarity of river and money, position t added to both",
                              ROWS, COLUMNS, 2});
    printf("scaled to 0..1, the step from word to word: %.2f of 3 words, %.2f of 6, %.2f of 51\n",
           1.0 / 2, 1.0 / 5, 1.0 / 50);
    TRY(plot_similarities(words.x));
done:
    sentence_free(&words);
    return status;
}

/* --- Sinusoids ------------------------------------------------------------------------------- */

static const double FULL_TURN = 6.283185307179586; /* radians */

static void show_frequencies(void)
{
    static const char *const ROWS[] = {"radians a word", "words a turn"};
    float table[2][EXAMPLE_D_MODEL];
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++) {
        double frequency = position_frequency(c, EXAMPLE_D_MODEL);
        table[0][c] = (float)frequency;
        table[1][c] = (float)(FULL_TURN / frequency);
    }
    print_matrix(stdout, matrix_view(table[0], 2, EXAMPLE_D_MODEL),
                 (PrintStyle){"frequency of each column", ROWS, NULL, 3});
}

static Status plot_encoding(void)
{
    enum { POSITION_COUNT = 50, COLUMNS = 64 };
    float encoding[POSITION_COUNT][COLUMNS];
    Matrix values = matrix_view(encoding[0], POSITION_COUNT, COLUMNS);
    sinusoidal_positions(0, values);
    const HeatmapPanel panel = {.title = "50 positions, 64 columns",
                                .values = values,
                                .row_axis = "position",
                                .column_axis = "column"};
    return plot_heatmaps(&(HeatmapPlot){.name = "06_encoding",
                                        .title = "A row is a position: fast waves on the left, "
                                                 "slow ones on the right",
                                        .panels = &panel,
                                        .panel_count = 1,
                                        .low = -1.0f,
                                        .high = 1.0f,
                                        .unit = "what is added to the word",
                                        .decimals = -1});
}

/* --- Why the angle is a double --------------------------------------------------------------- */

enum { HANDS = 4, WINDOW = 50 };

/* The columns of the encoding, and its first position. */
typedef struct FarRow {
    size_t d_model, first;
    const char *name;
} FarRow;

/* How far a sine or cosine is off when its angle is kept in a float. */
static double error_of_float(double angle)
{
    double rounded = (double)(float)angle;
    return fmax(fabs(sin(angle) - sin(rounded)), fabs(cos(angle) - cos(rounded)));
}

/* The largest error of one hand in WINDOW positions. */
static float largest_error(FarRow row, size_t hand)
{
    double frequency = position_frequency(2 * hand, row.d_model), largest = 0.0;
    for (size_t t = row.first; t < row.first + WINDOW; t++)
        largest = fmax(largest, error_of_float((double)t * frequency));
    return (float)largest;
}

void show_float_angles(void)
{
    static const FarRow ROW[] = {{8, 0, "8 columns, from position 0"},
                                 {8, 100000, "8 columns, from position 100000"},
                                 {64, 0, "64 columns, from position 0"},
                                 {64, 100000, "64 columns, from position 100000"}};
    enum { ROWS = sizeof ROW / sizeof *ROW };
    static const char *const COLUMNS[HANDS] = {"hand 1", "hand 2", "hand 3", "hand 4"};
    const char *names[ROWS];
    float table[ROWS][HANDS];
    for (size_t r = 0; r < ROWS; r++) {
        names[r] = ROW[r].name;
        for (size_t hand = 0; hand < HANDS; hand++)
            table[r][hand] = largest_error(ROW[r], hand);
    }
    print_matrix(stdout, matrix_view(table[0], ROWS, HANDS),
                 (PrintStyle){"the largest error in 50 positions, if the angle were a float", names,
                              COLUMNS, 4});
}

/* --- The encoding of a sentence -------------------------------------------------------------- */

Status show_sinusoids(Sentence sentence)
{
    Status status = STATUS_OK;
    float odd[3][5];
    Matrix encoding = NO_MATRIX;
    TRY(matrix_create(sentence.count, EXAMPLE_D_MODEL, &encoding));
    sinusoidal_positions(0, encoding);
    sinusoidal_positions(0, matrix_view(odd[0], 3, 5));
    show_frequencies();
    print_matrix(stdout, encoding, (PrintStyle){"the encoding PE", sentence.words, NULL, 2});
    print_matrix(stdout, matrix_view(odd[0], 3, 5),
                 (PrintStyle){"of 5 columns, the last has no partner", NULL, NULL, 4});
    TRY(plot_encoding());
done:
    matrix_free(&encoding);
    return status;
}

/* --- Similarity depends on distance ---------------------------------------------------------- */

enum { STARTS = 3, PLOT_D_MODEL = 64, FARTHEST = 64 };
static const size_t START[STARTS] = {0, 20, 500};
static const char *const START_NAMES[STARTS] = {"t = 0", "t = 20", "t = 500"};

/* Row s, column k: PE(t) . PE(t + k) for the start t = START[s]. */
static Status fill_distances(size_t d_model, Matrix table)
{
    Status status = STATUS_OK;
    Matrix encoding = NO_MATRIX;
    TRY(matrix_create(table.cols, d_model, &encoding));
    for (size_t s = 0; s < STARTS; s++) {
        sinusoidal_positions(START[s], encoding);
        for (size_t k = 0; k < table.cols; k++)
            matrix_row(table, s)[k] =
                dot_product(matrix_row(encoding, 0), matrix_row(encoding, k), d_model);
    }
done:
    matrix_free(&encoding);
    return status;
}

static Status plot_distances(void)
{
    Status status = STATUS_OK;
    float axis[FARTHEST], table[STARTS][FARTHEST];
    Curve curves[STARTS];
    TRY(fill_distances(PLOT_D_MODEL, matrix_view(table[0], STARTS, FARTHEST)));
    for (size_t k = 0; k < FARTHEST; k++)
        axis[k] = (float)k;
    for (size_t s = 0; s < STARTS; s++)
        curves[s] = (Curve){START_NAMES[s], axis, table[s], FARTHEST};
    TRY(plot_curves(&(CurvePlot){.name = "06_distance",
                                 .title = "Three curves in one: only the distance counts, not "
                                          "the position",
                                 .x_axis = "distance k in words",
                                 .y_axis = "dot product of positions t and t + k, 64 columns",
                                 .curves = curves,
                                 .curve_count = STARTS}));
done:
    return status;
}

Status show_distances(void)
{
    Status status = STATUS_OK;
    static const char *const COLUMNS[] = {"k = 0", "1", "2", "3", "4", "5", "6"};
    float table[STARTS][7];
    Matrix rows = matrix_view(table[0], STARTS, 7);
    TRY(fill_distances(EXAMPLE_D_MODEL, rows));
    print_matrix(stdout, rows,
                 (PrintStyle){"PE(t) . PE(t + k), 8 columns", START_NAMES, COLUMNS, 2});
    TRY(plot_distances());
done:
    return status;
}
