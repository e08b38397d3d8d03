#include "reference.h"

#include "array_file.h"
#include "contender.h"
#include "memory.h"
#include "random.h"
#include "training_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUTS = 5 };

static const char *const NAMES[INPUTS] = {"x", "w_q", "w_k", "w_v", "w_o"};

static const char *input_path(const char *directory, size_t input, char path[CONTENDER_PATH_SIZE])
{
    snprintf(path, CONTENDER_PATH_SIZE, "%s/%s.npy", directory, NAMES[input]);
    return path;
}

Status reference_write_inputs(const Case *which, const char *directory)
{
    Random random = {10};
    Status status = STATUS_OK;
    if (which->kind == CASE_STEP)
        return training_write_inputs(which, directory);
    for (size_t i = 0; status == STATUS_OK && i < INPUTS; i++) {
        char path[CONTENDER_PATH_SIZE];
        size_t shape[] = {i == 0 ? which->tokens : which->d_model, which->d_model};
        ArrayOutput output = {.path = input_path(directory, i, path)};
        status = array_create(2, shape, &output.array);
        if (status != STATUS_OK)
            break;
        /* so that queries, keys and values have a deviation of 1 as x has */
        random_fill(&random, i == 0 ? 1.0 : 1.0 / sqrt((double)which->d_model),
                    array_matrix(output.array, 0));
        status = array_write(&output, 1);
        array_free(&output.array);
    }
    return status;
}

/* out += row W, from a block of rows of W to a block of its columns. */
static void add_row_product(const double *row, Matrix w, size_t first, size_t count, double *out)
{
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < count; j++)
            out[j] += row[i] * (double)matrix_row(w, i)[first + j];
}

/* Scores become weights. */
static void softmax(double *scores, size_t count)
{
    double maximum = scores[0], sum = 0.0;
    for (size_t j = 1; j < count; j++)
        maximum = fmax(maximum, scores[j]);
    for (size_t j = 0; j < count; j++)
        sum += scores[j] = exp(scores[j] - maximum);
    for (size_t j = 0; j < count; j++)
        scores[j] /= sum;
}

/* Room for the steps of one row. */
typedef struct Room {
    double *asks;    /* the query, seen from x: d_model */
    double *scores;  /* T */
    double *answers; /* the weighted sum of x: d_model */
    double *concat;  /* d_model */
} Room;

/* One head of one row. */
static void attend(const Matrix inputs[INPUTS], size_t row, size_t head, size_t d_k, size_t seen,
                   const Room *room)
{
    Matrix x = inputs[0];
    double scale = 1.0 / sqrt((double)d_k);
    double *q = room->concat + head * d_k; /* the result will stand there */
    for (size_t c = 0; c < d_k; c++)
        q[c] = 0.0;
    for (size_t i = 0; i < x.cols; i++)
        for (size_t c = 0; c < d_k; c++)
            q[c] +=
                (double)matrix_row(x, row)[i] * (double)matrix_row(inputs[1], i)[head * d_k + c];
    for (size_t i = 0; i < x.cols; i++) {
        room->asks[i] = room->answers[i] = 0.0;
        for (size_t c = 0; c < d_k; c++)
            room->asks[i] += q[c] * (double)matrix_row(inputs[2], i)[head * d_k + c];
    }
    for (size_t j = 0; j < seen; j++) {
        double score = 0.0;
        for (size_t i = 0; i < x.cols; i++)
            score += room->asks[i] * (double)matrix_row(x, j)[i];
        room->scores[j] = scale * score;
    }
    softmax(room->scores, seen);
    for (size_t j = 0; j < seen; j++)
        for (size_t i = 0; i < x.cols; i++)
            room->answers[i] += room->scores[j] * (double)matrix_row(x, j)[i];
    for (size_t c = 0; c < d_k; c++)
        q[c] = 0.0;
    add_row_product(room->answers, inputs[3], head * d_k, d_k, q);
}

static void compute_rows(const Case *which, const Matrix inputs[INPUTS], const Room *room,
                         Reference *result)
{
    size_t d_k = which->d_model / which->heads;
    for (size_t r = 0; r < result->count; r++) {
        size_t row = (case_decodes(which) ? which->tokens - which->batch : 0) + result->rows[r];
        size_t seen = which->causal ? row + 1 : which->tokens;
        for (size_t h = 0; h < which->heads; h++)
            attend(inputs, row, h, d_k, seen, room);
        add_row_product(room->concat, inputs[4], 0, which->d_model,
                        result->values + r * result->cols);
    }
}

/* The first row, the last one, and some between. When decoding there is one for each sequence. */
static void choose_rows(const Case *which, Reference *result)
{
    size_t there = case_decodes(which) ? which->batch : which->tokens;
    Random random = {7};
    result->count = there < REFERENCE_ROWS ? there : REFERENCE_ROWS;
    for (size_t i = 0; i < result->count; i++)
        result->rows[i] = there <= REFERENCE_ROWS ? i : random_between(&random, 1, there - 2);
    result->rows[0] = 0;
    result->rows[result->count - 1] = there - 1;
    result->cols = which->d_model;
}

Status reference_create(const Case *which, const char *directory, Reference *result)
{
    Array arrays[INPUTS] = {0};
    Matrix inputs[INPUTS];
    size_t d_model = which->d_model;
    bool is_step = which->kind == CASE_STEP;
    *result = (Reference){.tolerance = is_step ? TRAINING_TOLERANCE : REFERENCE_TOLERANCE};
    if (is_step)
        return STATUS_OK;
    choose_rows(which, result);
    result->values = memory_allocate(result->count * d_model, sizeof(double));
    double *room = memory_allocate(3 * d_model + which->tokens, sizeof *room);
    Status status = room != NULL && result->values != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < INPUTS; i++) {
        char path[CONTENDER_PATH_SIZE];
        status = array_read(input_path(directory, i, path), ARRAY_NUMBERS, &arrays[i]);
        if (status == STATUS_OK)
            inputs[i] = array_matrix(arrays[i], 0);
    }
    if (status == STATUS_OK) {
        Room parts = {room, room + 3 * d_model, room + d_model, room + 2 * d_model};
        compute_rows(which, inputs, &parts, result);
    }
    for (size_t i = 0; i < INPUTS; i++)
        array_free(&arrays[i]);
    free(room);
    if (status != STATUS_OK)
        reference_free(result);
    return status;
}

Status reference_compare(Reference *reference, const char *path, double *error)
{
    Array array;
    if (reference->values == NULL)
        return training_compare(&reference->first, path, error);
    Status status = array_read(path, ARRAY_NUMBERS, &array);
    if (status != STATUS_OK)
        return status;
    Matrix actual = array_matrix(array, 0);
    if (actual.rows <= reference->rows[reference->count - 1] || actual.cols != reference->cols) {
        status =
            fail(STATUS_SHAPE, "%s: the result is %zux%zu, expected %zux%zu", path, actual.rows,
                 actual.cols, reference->rows[reference->count - 1] + 1, reference->cols);
        array_free(&array);
        return status;
    }
    double largest = 0.0, worst = 0.0;
    for (size_t i = 0; i < reference->count * reference->cols; i++) {
        size_t row = reference->rows[i / reference->cols];
        double difference =
            fabs((double)matrix_row(actual, row)[i % reference->cols] - reference->values[i]);
        if (!(difference <= worst)) /* also for a NaN */
            worst = isnan(difference) ? (double)INFINITY : difference;
        largest = fmax(largest, fabs(reference->values[i]));
    }
    *error = worst / largest;
    array_free(&array);
    return STATUS_OK;
}

void reference_free(Reference *reference)
{
    free(reference->values);
    array_free(&reference->first);
    *reference = (Reference){0};
}
