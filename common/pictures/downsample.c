#include "downsample.h"

#include <math.h>

static size_t divide_up(size_t count, size_t part)
{
    return count / part + (count % part > 0 ? 1 : 0);
}

size_t downsample_block(size_t count, size_t room)
{
    return count > room ? divide_up(count, room) : 1;
}

size_t downsample_rows(Downsampled cells)
{
    return divide_up(cells.matrix.rows, cells.block_rows);
}

size_t downsample_cols(Downsampled cells)
{
    return divide_up(cells.matrix.cols, cells.block_cols);
}

/* Where a block ends: the last one may be smaller. */
static size_t block_end(size_t first, size_t block, size_t count)
{
    return count - first < block ? count : first + block;
}

float downsample_value(Downsampled cells, size_t row, size_t col)
{
    Matrix matrix = cells.matrix;
    size_t first_row = row * cells.block_rows, first_col = col * cells.block_cols;
    size_t end_row = block_end(first_row, cells.block_rows, matrix.rows);
    size_t end_col = block_end(first_col, cells.block_cols, matrix.cols);
    double sum = 0.0;
    for (size_t r = first_row; r < end_row; r++)
        for (size_t c = first_col; c < end_col; c++)
            sum += matrix_row(matrix, r)[c];
    return (float)(sum / (double)((end_row - first_row) * (end_col - first_col)));
}

void downsample_range(Downsampled cells, float *low, float *high)
{
    size_t rows = downsample_rows(cells), cols = downsample_cols(cells);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            float value = downsample_value(cells, r, c);
            if (isfinite(value) && value < *low)
                *low = value;
            if (isfinite(value) && value > *high)
                *high = value;
        }
}
