/*
 * Writing word after word. A prompt is many tokens at once: for them a number that was read is used
 * many times, and they go the way of a whole sequence. Single tokens go that of decode_token.h.
 */
#include "decode_token.h"
#include "fast_internal.h"
#include "parallel.h"

/* A prompt begins with a block, and has at least that many tokens. */
enum { SHORTEST_PROMPT = 4 };

/* That many of the tokens are taken one by one: up to the end of a block, or all where they are
 * few. */
static size_t tokens_alone(const KeyValueCache *cache, size_t panel, size_t tokens)
{
    size_t here = round_up(cache->length, panel) - cache->length;
    return tokens < here + SHORTEST_PROMPT ? tokens : here;
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

/* Takes some tokens one after the other, and then the rest together. */
static Status run_tokens(DecodeStep *step, Matrix x, size_t threads, Matrix out)
{
    size_t alone = tokens_alone(step->cache, step->layer->kernels->panel, x.rows);
    size_t past = step->cache->length + alone;
    FastSequence prompt = {.x = rows_from(x, alone),
                           .mask = {.causal = true, .past = past},
                           .out = rows_from(out, alone)};
    FastWork work = {.layer = step->layer, .sequence = &prompt, .past = past, .threads = threads};
    Workspace together = {.size = alone < x.rows ? fast_layer_size(&work) : 0};
    Status status = STATUS_OK;
    TRY(workspace_create(&together));
    TRY(decode_step_create(step));
    for (size_t i = 0; i < alone; i++)
        decode_token(step, matrix_row(x, i), matrix_row(out, i));
    if (alone < x.rows)
        run_prompt(&work, step->cache, together.floats);
done:
    workspace_free(&step->workspace);
    workspace_free(&together);
    return status;
}

static Status expect(const FastLayer *layer, const KeyValueCache *cache, Matrix x, Matrix out)
{
    Status status = STATUS_OK;
    TRY(fast_layer_expect("fast_decode", layer, x, x, out));
    if (x.rows > cache->capacity - cache->length)
        return fail(STATUS_SHAPE, "fast_decode: %zu more tokens, but %zu of %zu are there already",
                    x.rows, cache->length, cache->capacity);
done:
    return status;
}

/* About as many multiplications as the tokens need: four projections, and the keys so far. */
static double products_of(const FastLayer *layer, const KeyValueCache *cache, size_t tokens)
{
    double columns = (double)layer->heads * (double)layer->d_k;
    double keys = (double)(cache->length + tokens);
    return columns * ((double)layer->query.depth * 4.0 + keys * 2.0);
}

Status fast_decode(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                   Matrix out)
{
    DecodeStep step = {.layer = layer, .cache = cache};
    Status status = STATUS_OK;
    TRY(expect(layer, cache, x, out));
    threads = parallel_threads(threads);
    step.threads = useful_threads(products_of(layer, cache, x.rows), threads);
    /* several for each thread: so whoever is late has less to do */
    step.shares = step.threads == 1 ? 1 : 4 * step.threads;
    TRY(run_tokens(&step, x, threads, out));
done:
    return status;
}
