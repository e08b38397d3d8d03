/* Keys, values and output of some tokens: the projections around the heads. */
#include "fast_internal.h"

#include <string.h>

static float greater(float a, float b)
{
    return a > b ? a : b;
}

void compute_keys_values(const FastLayer *layer, Matrix context, size_t first, float *packed,
                         KeysValues *kv, float greatest[2])
{
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel;
    pack_tokens(kernels, context, 1.0f, packed);
    greatest[0] = project_transposed(kernels, &layer->key, packed, context.rows,
                                     kv->keys + first * kv->key_rows, kv->key_rows);
    greatest[1] = 0.0f;
    for (size_t c = 0; c < layer->value.results / panel; c++) {
        float *values = kv->values + (c * kv->value_rows + first) * panel;
        float found = project_panel(kernels, &layer->value, packed, context.rows, c, values);
        greatest[1] = greater(greatest[1], found);
    }
}

float magnitude_of_panels(const Kernels *kernels, const float *panels, size_t rows, size_t step,
                          size_t tokens)
{
    size_t panel = kernels->panel;
    float greatest = 0.0f;
    for (size_t t = 0; t < tokens; t += panel) {
        size_t here = tokens - t < panel ? tokens - t : panel;
        greatest = greater(greatest, kernels->magnitude(panels + t * step, rows, here));
    }
    return greatest;
}

float magnitude_of_values(const Kernels *kernels, const KeysValues *kv, size_t columns,
                          size_t first, size_t tokens)
{
    size_t panel = kernels->panel;
    float greatest = 0.0f;
    for (size_t c = 0; c < columns / panel; c++) {
        const float *values = kv->values + (c * kv->value_rows + first) * panel;
        greatest = greater(greatest, kernels->magnitude(values, tokens, panel));
    }
    return greatest;
}

void compute_output(const FastLayer *layer, const float *heads, float *panel, Matrix out)
{
    size_t width = layer->kernels->panel;
    for (size_t first = 0; first < out.cols; first += width) {
        size_t columns = out.cols - first < width ? out.cols - first : width;
        project_panel(layer->kernels, &layer->output, heads, out.rows, first / width, panel);
        for (size_t r = 0; r < out.rows; r++)
            memcpy(matrix_row(out, r) + first, panel + r * width, columns * sizeof *panel);
    }
}
