/* Which kernels there are, and what all of them share: what is rare enough to be done one by one.
 */
#include "kernels.h"

#include "matrix.h"
#include "packing.h"

#include <math.h>

extern const Kernels KERNELS_BASELINE;
extern const Kernels *const KERNELS_OF_AVX2;
extern const Kernels *const KERNELS_OF_AVX512;

const Kernels *kernels_of(Isa isa)
{
    if (isa == ISA_AVX512)
        return KERNELS_OF_AVX512;
    return isa == ISA_AVX2 ? KERNELS_OF_AVX2 : &KERNELS_BASELINE;
}

size_t attention_state(const Kernels *kernels, size_t d_v)
{
    return (2 + round_up(d_v, kernels->tile)) * kernels->panel;
}

void mask_block(const PanelAttention *attention, size_t first, size_t count, size_t panel,
                float *scores)
{
    Matrix allowed = attention->mask->allowed, bias = attention->mask->bias;
    for (size_t i = 0; i < attention->queries; i++) {
        const float *open = allowed.data != NULL ? matrix_row(allowed, attention->first + i) : NULL;
        const float *added = bias.data != NULL ? matrix_row(bias, attention->first + i) : NULL;
        for (size_t j = 0; j < count; j++) {
            float *score = &scores[j * panel + i];
            if (added != NULL)
                *score = added[first + j] == -INFINITY ? -INFINITY : *score + added[first + j];
            if (open != NULL && open[first + j] == 0.0f)
                *score = -INFINITY;
        }
    }
}
