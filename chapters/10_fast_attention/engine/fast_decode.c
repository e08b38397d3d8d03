/*
 * Writing word after word. A prompt is many tokens at once: for them a number that was read is used
 * many times, and they go the way of a whole sequence. Few tokens go that of decode_step.h.
 */
#include "decode_step.h"
#include "fast_internal.h"
#include "parallel.h"

/* A prompt begins with a block, and has at least that many tokens. */
enum { SHORTEST_PROMPT = 4 };

/* That many of the tokens are no prompt: up to the end of a block, or all where they are few. */
static size_t few_tokens(const KeyValueCache *cache, size_t panel, size_t tokens)
{
    size_t here = round_up(cache->length, panel) - cache->length;
    return tokens < here + SHORTEST_PROMPT ? tokens : here;
}

static Status decode_together(const FastLayer *layer, KeyValueCache *const *caches, size_t apart,
                              Matrix x, size_t threads, Matrix out)
{
    DecodeStep step = {.layer = layer};
    Status status = STATUS_OK;
    TRY(decode_step_create(layer, caches, apart, x, threads, &step));
    TRY(decode_step_run(&step, out));
done:
    decode_step_free(&step);
    return status;
}

static void run_prompt(const FastWork *work, KeyValueCache *cache, float *floats)
{
    size_t tokens = work->sequence->x.rows;
    KeysValues kv = fast_layer_keys_values(work, floats);
    key_value_cache_read(cache, work->layer, work->past, &kv);
    fast_layer_run(work, floats);
    key_value_cache_write(cache, work->layer, work->past, tokens, &kv);
    cache->length += tokens;
}

static Matrix rows_from(Matrix matrix, size_t first)
{
    if (first == matrix.rows)
        return NO_MATRIX;
    return (Matrix){matrix.data + first * matrix.stride, matrix.rows - first, matrix.cols,
                    matrix.stride};
}

/* Takes the first tokens as any others, and then the rest as a prompt. */
static Status run_tokens(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                         Matrix out)
{
    size_t few = few_tokens(cache, layer->kernels->panel, x.rows), past = cache->length + few;
    FastSequence prompt = {
        .x = rows_from(x, few), .mask = {.causal = true, .past = past}, .out = rows_from(out, few)};
    FastWork work = {.layer = layer, .sequence = &prompt, .past = past, .threads = threads};
    Workspace together = {.size = few < x.rows ? fast_layer_size(&work) : 0};
    Status status = STATUS_OK;
    TRY(workspace_create(&together));
    x.rows = out.rows = few;
    if (few > 0)
        TRY(decode_together(layer, &cache, 0, x, threads, out));
    if (prompt.x.rows > 0)
        run_prompt(&work, cache, together.floats);
done:
    workspace_free(&together);
    return status;
}

Status fast_decode(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                   Matrix out)
{
    Status status = STATUS_OK;
    TRY(fast_layer_expect("fast_decode", layer, x, x, out));
    if (x.rows > cache->capacity - cache->length)
        return fail(STATUS_SHAPE, "fast_decode: %zu more tokens, but %zu of %zu are there already",
                    x.rows, cache->length, cache->capacity);
    TRY(run_tokens(layer, cache, x, parallel_threads(threads), out));
done:
    return status;
}

Status fast_decode_batch(const FastLayer *layer, KeyValueCache *const *caches, Matrix x,
                         size_t threads, Matrix out)
{
    Status status = STATUS_OK;
    TRY(fast_layer_expect("fast_decode_batch", layer, x, x, out));
    if (x.rows > 0)
        TRY(decode_together(layer, caches, 1, x, parallel_threads(threads), out));
done:
    return status;
}
