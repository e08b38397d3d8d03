/* oneDNN: the same steps as its matmul and softmax primitives, with weights in the order that it
 * prefers, and the mask added by its binary primitive. */
#include "worker.h"

#ifdef HAVE_dnnl /* the makefile has asked */
#include <dnnl.h>
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(DNNL_VERSION_MAJOR) && DNNL_VERSION_MAJOR == 2

enum { STEPS = 8, MEMORIES = 32, STEP_ARGUMENTS = 4 };

/* A primitive and what it works on. */
typedef struct Step {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[STEP_ARGUMENTS];
    int count;
} Step;

/* An array as a primitive sees it: `batch` matrices. */
typedef struct View {
    float *data;
    dnnl_dims_t sizes;   /* batch, rows, columns */
    dnnl_dims_t strides; /* from one to the next, of each */
} View;

/* The case that is prepared. */
static struct {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    Step steps[STEPS];
    int step_count;
    dnnl_memory_t memories[MEMORIES];
    int memory_count;
    Matrix w_q, q, k, v, concat, scores, mask;
} self;

static void release(void)
{
    for (int i = 0; i < self.step_count; i++)
        dnnl_primitive_destroy(self.steps[i].primitive);
    for (int i = 0; i < self.memory_count; i++)
        dnnl_memory_destroy(self.memories[i]);
    self.step_count = self.memory_count = 0;
    Matrix *const matrices[] = {&self.w_q,    &self.q,      &self.k,   &self.v,
                                &self.concat, &self.scores, &self.mask};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        matrix_free(matrices[i]);
}

static Status check(dnnl_status_t status, const char *what)
{
    if (status != dnnl_success)
        return fail(STATUS_SYSTEM, "oneDNN: %s: status %d", what, (int)status);
    return STATUS_OK;
}

static View whole(Matrix matrix)
{
    return (View){matrix.data,
                  {1, (dnnl_dim_t)matrix.rows, (dnnl_dim_t)matrix.cols},
                  {(dnnl_dim_t)(matrix.rows * matrix.stride), (dnnl_dim_t)matrix.stride, 1}};
}

/* Column blocks of a matrix, one below the other. */
static View heads_of(Matrix matrix, size_t heads)
{
    dnnl_dim_t width = (dnnl_dim_t)(matrix.cols / heads);
    return (View){matrix.data,
                  {(dnnl_dim_t)heads, (dnnl_dim_t)matrix.rows, width},
                  {width, (dnnl_dim_t)matrix.stride, 1}};
}

/* Row blocks of a matrix. */
static View tables_of(Matrix matrix, size_t heads)
{
    dnnl_dim_t rows = (dnnl_dim_t)(matrix.rows / heads), cols = (dnnl_dim_t)matrix.cols;
    return (View){matrix.data, {(dnnl_dim_t)heads, rows, cols}, {rows * cols, cols, 1}};
}

static View transposed(View view)
{
    return (View){view.data,
                  {view.sizes[0], view.sizes[2], view.sizes[1]},
                  {view.strides[0], view.strides[2], view.strides[1]}};
}

static Status describe(const View *view, dnnl_memory_desc_t *description)
{
    return check(
        dnnl_memory_desc_init_by_strides(description, 3, view->sizes, dnnl_f32, view->strides),
        "description");
}

/* Adds an argument to a step: the view's own array, or (NULL) one that oneDNN allocates. */
static Status add_argument(Step *step, int which, const dnnl_memory_desc_t *description, void *data)
{
    dnnl_memory_t *memory = &self.memories[self.memory_count];
    Status status = STATUS_OK;
    TRY(check(dnnl_memory_create(memory, description, self.engine,
                                 data != NULL ? data : DNNL_MEMORY_ALLOCATE),
              "memory"));
    self.memory_count++;
    step->arguments[step->count++] = (dnnl_exec_arg_t){which, *memory};
done:
    return status;
}

/* Copies weights into the order that a product prefers, once. */
static Status reorder(const dnnl_memory_desc_t *from, float *data, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *wanted;
    dnnl_primitive_desc_t description = NULL;
    Step step = {0};
    Status status = STATUS_OK;
    TRY(check(dnnl_memory_get_memory_desc(to, &wanted), "order of weights"));
    TRY(check(dnnl_reorder_primitive_desc_create(&description, from, self.engine, wanted,
                                                 self.engine, NULL),
              "reorder"));
    TRY(check(dnnl_primitive_create(&step.primitive, description), "reorder"));
    TRY(add_argument(&step, DNNL_ARG_FROM, from, data));
    step.arguments[1] = (dnnl_exec_arg_t){DNNL_ARG_TO, to};
    TRY(check(dnnl_primitive_execute(step.primitive, self.stream, 2, step.arguments), "reorder"));
done:
    dnnl_stream_wait(self.stream);
    dnnl_primitive_destroy(step.primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

/* The step of a description: its product, b in the order that it prefers if `packed`. */
static Status finish_product(dnnl_primitive_desc_t primitive, const View views[3],
                             const dnnl_memory_desc_t descriptions[3], bool packed, Step *step)
{
    Status status = STATUS_OK;
    TRY(check(dnnl_primitive_create(&step->primitive, primitive), "product"));
    self.step_count++;
    TRY(add_argument(step, DNNL_ARG_SRC, &descriptions[0], views[0].data));
    TRY(add_argument(step, DNNL_ARG_WEIGHTS,
                     packed ? dnnl_primitive_desc_query_md(primitive, dnnl_query_weights_md, 0)
                            : &descriptions[1],
                     packed ? NULL : views[1].data));
    if (packed)
        TRY(reorder(&descriptions[1], views[1].data, step->arguments[1].memory));
    TRY(add_argument(step, DNNL_ARG_DST, &descriptions[2], views[2].data));
done:
    return status;
}

/* The next step is c = a b. */
static Status add_product(View a, View b, View c, bool packed)
{
    const View views[3] = {a, b, c};
    dnnl_memory_desc_t descriptions[3], asked;
    dnnl_matmul_desc_t product;
    dnnl_primitive_desc_t primitive = NULL;
    Step *step = &self.steps[self.step_count];
    Status status = STATUS_OK;
    *step = (Step){0};
    for (int i = 0; i < 3; i++)
        TRY(describe(&views[i], &descriptions[i]));
    asked = descriptions[1];
    if (packed)
        TRY(check(dnnl_memory_desc_init_by_tag(&asked, 3, b.sizes, dnnl_f32, dnnl_format_tag_any),
                  "order of weights"));
    TRY(check(dnnl_matmul_desc_init(&product, &descriptions[0], &asked, NULL, &descriptions[2]),
              "product"));
    TRY(check(dnnl_primitive_desc_create(&primitive, &product, NULL, self.engine, NULL),
              "product"));
    TRY(finish_product(primitive, views, descriptions, packed, step));
done:
    dnnl_primitive_desc_destroy(primitive);
    return status;
}

/* The next step adds a table to the scores of every head. As part of the product that makes them
 * oneDNN would take its slow path. */
static Status add_table(View scores, View table)
{
    dnnl_memory_desc_t descriptions[2];
    dnnl_binary_desc_t sum;
    dnnl_primitive_desc_t primitive = NULL;
    Step *step = &self.steps[self.step_count];
    *step = (Step){0};
    Status status = STATUS_OK;
    TRY(describe(&scores, &descriptions[0]));
    TRY(describe(&table, &descriptions[1]));
    TRY(check(dnnl_binary_desc_init(&sum, dnnl_binary_add, &descriptions[0], &descriptions[1],
                                    &descriptions[0]),
              "mask"));
    TRY(check(dnnl_primitive_desc_create(&primitive, &sum, NULL, self.engine, NULL), "mask"));
    TRY(check(dnnl_primitive_create(&step->primitive, primitive), "mask"));
    self.step_count++;
    TRY(add_argument(step, DNNL_ARG_SRC_0, &descriptions[0], scores.data));
    TRY(add_argument(step, DNNL_ARG_SRC_1, &descriptions[1], table.data));
    TRY(add_argument(step, DNNL_ARG_DST, &descriptions[0], scores.data));
done:
    dnnl_primitive_desc_destroy(primitive);
    return status;
}

/* The next step is the softmax of the scores, in place. */
static Status add_softmax(View scores)
{
    dnnl_memory_desc_t description;
    dnnl_softmax_desc_t softmax;
    dnnl_primitive_desc_t primitive = NULL;
    Step *step = &self.steps[self.step_count];
    *step = (Step){0};
    Status status = STATUS_OK;
    TRY(describe(&scores, &description));
    TRY(check(dnnl_softmax_forward_desc_init(&softmax, dnnl_forward_inference, &description, 2),
              "softmax"));
    TRY(check(dnnl_primitive_desc_create(&primitive, &softmax, NULL, self.engine, NULL),
              "softmax"));
    TRY(check(dnnl_primitive_create(&step->primitive, primitive), "softmax"));
    self.step_count++;
    TRY(add_argument(step, DNNL_ARG_SRC, &description, scores.data));
    TRY(add_argument(step, DNNL_ARG_DST, &description, scores.data));
done:
    dnnl_primitive_desc_destroy(primitive);
    return status;
}

static Status create_matrices(const WorkerCase *call)
{
    size_t tokens = call->tokens, d_model = call->d_model;
    const struct {
        Matrix *matrix;
        size_t rows, cols;
    } WANTED[] = {
        {&self.w_q, d_model, d_model},   {&self.q, tokens, d_model},
        {&self.k, tokens, d_model},      {&self.v, tokens, d_model},
        {&self.concat, tokens, d_model}, {&self.scores, call->heads * tokens, tokens},
        {&self.mask, tokens, tokens},
    };
    Status status = STATUS_OK;
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++)
        if (WANTED[i].matrix != &self.mask || call->causal)
            TRY(matrix_create(WANTED[i].rows, WANTED[i].cols, WANTED[i].matrix));
done:
    return status;
}

/* The scale goes into W_q, once; the mask becomes a table of zeros and minus infinity. */
static void fill_matrices(const WorkerCase *call)
{
    float scale = 1.0f / sqrtf((float)(call->d_model / call->heads));
    for (size_t i = 0; i < call->d_model * call->d_model; i++)
        self.w_q.data[i] = scale * call->w_q.data[i];
    for (size_t i = 0; i < self.mask.rows; i++)
        for (size_t j = i + 1; j < self.mask.cols; j++)
            matrix_row(self.mask, i)[j] = -INFINITY;
}

static Status add_steps(const WorkerCase *call)
{
    View x = whole(call->x), scores = tables_of(self.scores, call->heads);
    Status status = STATUS_OK;
    TRY(add_product(x, whole(self.w_q), whole(self.q), true));
    TRY(add_product(x, whole(call->w_k), whole(self.k), true));
    TRY(add_product(x, whole(call->w_v), whole(self.v), true));
    TRY(add_product(heads_of(self.q, call->heads), transposed(heads_of(self.k, call->heads)),
                    scores, false));
    if (call->causal)
        TRY(add_table(scores, whole(self.mask)));
    TRY(add_softmax(scores));
    TRY(add_product(scores, heads_of(self.v, call->heads), heads_of(self.concat, call->heads),
                    false));
    TRY(add_product(whole(self.concat), whole(call->w_o), whole(call->out), true));
done:
    return status;
}

static Status prepare(const WorkerCase *call)
{
    Status status = STATUS_OK;
    if (call->decode)
        return fail(STATUS_USAGE, "not pieced together for one token");
    if (self.engine == NULL)
        TRY(check(dnnl_engine_create(&self.engine, dnnl_cpu, 0), "engine"));
    if (self.stream == NULL)
        TRY(check(dnnl_stream_create(&self.stream, self.engine, dnnl_stream_default_flags),
                  "stream"));
    TRY(create_matrices(call));
    fill_matrices(call);
    TRY(add_steps(call));
done:
    return status;
}

static Status run(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    Status status = STATUS_OK;
    (void)call;
    amounts[0] = 0.0;
    for (int i = 0; i < self.step_count; i++) {
        const Step *step = &self.steps[i];
        TRY(check(
            dnnl_primitive_execute(step->primitive, self.stream, step->count, step->arguments),
            "execution"));
    }
    TRY(check(dnnl_stream_wait(self.stream), "execution"));
done:
    return status;
}

#define TEXT_OF_NUMBER(number) #number
#define TEXT_OF(number) TEXT_OF_NUMBER(number)

static const Competitor COMPETITOR = {"oneDNN " TEXT_OF(DNNL_VERSION_MAJOR) "." TEXT_OF(
                                          DNNL_VERSION_MINOR) "." TEXT_OF(DNNL_VERSION_PATCH),
                                      false, prepare, run, release};

#else

static const Competitor COMPETITOR = {.version = "oneDNN 2's dnnl.h is not there (make deps-bench)",
                                      .absent = true};

#endif

int main(int argc, char **argv)
{
    return worker_serve(&COMPETITOR, argc == 3 ? strtoul(argv[2], NULL, 10) : 1);
}
