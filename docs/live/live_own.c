/* The glue between the reader's own files on the book's first page and the program of chapter 5. */
#include "live_own.h"

#include "array_file.h"
#include "layer_options.h"
#include "memory.h"
#include "self_attention.h"

#include <stdlib.h>

static const Option OPTIONS[LAYER_OPTION_COUNT] = {LAYER_OPTIONS};

/* The file that is being read. */
static struct {
    char name[LIVE_OWN_NAME_SIZE];
    unsigned char *bytes;
    size_t size;
} file;

/* What was read, and the last run on it. */
static struct {
    Array arrays[LAYER_ARRAY_COUNT];
    LayerRun layer;
    size_t head;
    HeadRun of_head;
} own;

const char *live_own_option(size_t option)
{
    return option < LAYER_ARRAY_COUNT ? OPTIONS[option].name : NULL;
}

const char *live_own_help(size_t option)
{
    return option < LAYER_ARRAY_COUNT ? OPTIONS[option].help : NULL;
}

/* --- Files ----------------------------------------------------------------------------------- */

char *live_own_name(void)
{
    file.name[LIVE_OWN_NAME_SIZE - 1] = '\0';
    return file.name;
}

static void close_file(void)
{
    free(file.bytes);
    file.bytes = NULL;
    file.size = 0;
}

static Status make_room(size_t size)
{
    close_file();
    if (size > LIVE_OWN_BYTES)
        return fail(STATUS_VALUE, "%s: %zu bytes, but this page has room for %d", file.name, size,
                    LIVE_OWN_BYTES);
    file.bytes = memory_allocate(size, 1);
    if (file.bytes == NULL)
        return STATUS_NO_MEMORY;
    file.size = size;
    return STATUS_OK;
}

unsigned char *live_own_room(size_t size)
{
    return make_room(size) == STATUS_OK ? file.bytes : NULL;
}

static void forget_run(void)
{
    layer_run_free(&own.layer);
    head_run_free(&own.of_head);
}

/* As program_read(), whose bytes come from a file. */
static Status read_array(size_t option)
{
    Status status = STATUS_OK;
    Array array = NO_ARRAY;
    const ArrayForm *form = layer_form(option);
    TRY(array_parse(file.name, file.bytes, file.size, form->kind, &array));
    TRY(array_form_expect(form, OPTIONS[option].name, file.name, array));
    forget_run();
    array_free(&own.arrays[option]);
    own.arrays[option] = array;
    array = NO_ARRAY;
done:
    array_free(&array);
    close_file();
    return status;
}

bool live_own_read(size_t option)
{
    return read_array(option) == STATUS_OK;
}

const char *live_own_shape(size_t option)
{
    static char text[SHAPE_TEXT_SIZE];
    Array array = own.arrays[option];
    return array.data != NULL ? array_shape_text(array, text) : NULL;
}

size_t live_own_sequences(void)
{
    Array x = own.arrays[LAYER_X];
    return x.data != NULL ? array_matrices(x) : 0;
}

void live_own_forget(void)
{
    forget_run();
    close_file();
    for (size_t i = 0; i < LAYER_ARRAY_COUNT; i++)
        array_free(&own.arrays[i]);
}

/* --- The layer ------------------------------------------------------------------------------- */

/* What the program checks, and then what this page has room for. */
static Status check(size_t sequence, size_t heads, const MultiHeadLayer *layer)
{
    Status status = STATUS_OK;
    Array x = own.arrays[LAYER_X];
    for (size_t i = LAYER_X; i <= LAYER_W_O; i++)
        if (own.arrays[i].data == NULL)
            return fail(STATUS_USAGE, "--%s is missing", OPTIONS[i].name);
    if (heads == 0)
        return fail(STATUS_USAGE, "--%s 0: expected 1 or more", OPTIONS[LAYER_HEADS].name);
    TRY(layer_expect_shapes(x, layer));
    if (sequence >= array_matrices(x) || array_rows(x) == 0)
        return fail(STATUS_VALUE, "x has no token to be shown");
    if (array_rows(x) > LIVE_OWN_TOKENS)
        return fail(STATUS_VALUE,
                    "x has %zu tokens, but this page has room for %d: five matrices of T x T",
                    array_rows(x), LIVE_OWN_TOKENS);
done:
    return status;
}

/* One head after the other, so that the weights of a single one take memory. */
static Status run_heads(void)
{
    Status status = STATUS_OK;
    for (size_t h = own.layer.layer.heads; h-- > 0;) {
        head_run_free(&own.of_head);
        TRY(layer_run_attend(&own.layer, h, &own.of_head));
    }
    own.head = 0;
    TRY(layer_run_scores(&own.layer, &own.of_head));
done:
    return status;
}

static Status run_layer(size_t sequence, size_t heads, bool causal)
{
    Status status = STATUS_OK;
    MultiHeadLayer layer = layer_of(own.arrays, heads);
    TRY(check(sequence, heads, &layer));
    own.layer = (LayerRun){.x = array_matrix(own.arrays[LAYER_X], sequence),
                           .layer = layer,
                           .mask = {.causal = causal},
                           .scale = attention_scale(layer.w_q.cols / heads)};
    TRY(layer_run_begin(&own.layer));
    TRY(run_heads());
    TRY(layer_run_end(&own.layer));
done:
    return status;
}

bool live_own_run(size_t sequence, size_t heads, bool causal)
{
    forget_run();
    if (run_layer(sequence, heads, causal) == STATUS_OK)
        return true;
    forget_run();
    return false;
}

static Status choose_head(size_t head)
{
    Status status = STATUS_OK;
    head_run_free(&own.of_head);
    TRY(layer_run_attend(&own.layer, head, &own.of_head));
    TRY(layer_run_scores(&own.layer, &own.of_head));
    own.head = head;
done:
    return status;
}

bool live_own_head(size_t head)
{
    if (choose_head(head) == STATUS_OK)
        return true;
    forget_run();
    return false;
}

const Matrix *live_own_matrix(LiveMatrix which)
{
    static Matrix found;
    found = layer_run_matrix(&own.layer, &own.of_head, own.head, which);
    return &found;
}
