#include "array_form.h"

const ArrayForm FORM_ANY = {ARRAY_NUMBERS, 1, ARRAY_MAX_DIMS, "1 to 4 dimensions"};
const ArrayForm FORM_SEQUENCE = {ARRAY_NUMBERS, 2, 3, "(T, d_model) or (batch, T, d_model)"};

Status array_form_expect(const ArrayForm *form, const char *option, const char *path, Array array)
{
    char text[SHAPE_TEXT_SIZE];
    if (array.dims >= form->least && array.dims <= form->most)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "--%s %s is %s, expected %s", option, path,
                array_shape_text(array, text), form->shape);
}
