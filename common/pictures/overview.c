#include "overview.h"

#include <math.h>

static size_t divide_up(size_t count, size_t part)
{
    return count / part + (count % part > 0 ? 1 : 0);
}

size_t overview_block(size_t count, size_t room)
{
    return count > room ? divide_up(count, room) : 1;
}

size_t overview_rows(Overview overview)
{
    return divide_up(overview.matrix.rows, overview.block_rows);
}

size_t overview_cols(Overview overview)
{
    return divide_up(overview.matrix.cols, overview.block_cols);
}

/* Where a block ends: the last one may be smaller. */
static size_t block_end(size_t first, size_t block, size_t count)
{
    return count - first < block ? count : first + block;
}

float overview_value(Overview overview, size_t row, size_t col)
{
    Matrix matrix = overview.matrix;
    size_t first_row = row * overview.block_rows, first_col = col * overview.block_cols;
    size_t end_row = block_end(first_row, overview.block_rows, matrix.rows);
    size_t end_col = block_end(first_col, overview.block_cols, matrix.cols);
    double sum = 0.0;
    for (size_t r = first_row; r < end_row; r++)
        for (size_t c = first_col; c < end_col; c++)
            sum += matrix_row(matrix, r)[c];
    return (float)(sum / (double)((end_row - first_row) * (end_col - first_col)));
}

void overview_range(Overview overview, float *low, float *high)
{
    size_t rows = overview_rows(overview), cols = overview_cols(overview);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            float value = overview_value(overview, r, c);
            if (isfinite(value) && value < *low)
                *low = value;
            if (isfinite(value) && value > *high)
                *high = value;
        }
}
