/* OpenBLAS: cblas_sgemm for the products, a plain softmax between them.
 *
 * OpenBLAS brings threads of its own. It is never called from within a parallel region, where two
 * sets of threads would stand in each other's way; the softmax runs on OpenMP's threads between its
 * calls, with passive waiting (the bench sets OMP_WAIT_POLICY). */
#include "worker.h"

#ifdef HAVE_openblas /* the makefile has asked */
#include <cblas.h>
#endif

#include <math.h>
#include <stdlib.h>

#ifdef HAVE_openblas

/* The case that is prepared. */
static struct {
    Matrix q, k, v, concat, scores;
} self;

static void release(void)
{
    matrix_free(&self.q);
    matrix_free(&self.k);
    matrix_free(&self.v);
    matrix_free(&self.concat);
    matrix_free(&self.scores);
}

/* out = scale a b, or scale a b^T. */
static void multiply(Matrix a, Matrix b, int transposed, float scale, Matrix out)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, (int)a.rows,
                (int)(transposed ? b.rows : b.cols), (int)a.cols, scale, a.data, (int)a.stride,
                b.data, (int)b.stride, 0.0f, out.data, (int)out.stride);
}

static Matrix columns(Matrix matrix, size_t first, size_t count)
{
    return (Matrix){matrix.data + first, matrix.rows, count, matrix.stride};
}

static Matrix rows(Matrix matrix, size_t first, size_t count)
{
    return (Matrix){matrix.data + first * matrix.stride, count, matrix.cols, matrix.stride};
}

static Status prepare(const WorkerCase *call)
{
    size_t queries = call->out.rows;
    openblas_set_num_threads((int)call->threads);
    Status status = matrix_create(queries, call->d_model, &self.q);
    if (status == STATUS_OK)
        status = matrix_create(call->tokens, call->d_model, &self.k);
    if (status == STATUS_OK)
        status = matrix_create(call->tokens, call->d_model, &self.v);
    if (status == STATUS_OK)
        status = matrix_create(queries, call->d_model, &self.concat);
    if (status == STATUS_OK)
        status = matrix_create(queries, call->tokens, &self.scores);
    if (status == STATUS_OK && call->decode) {
        multiply(call->x, call->w_k, 0, 1.0f, self.k);
        multiply(call->x, call->w_v, 0, 1.0f, self.v);
    }
    return status;
}

/* The first `seen` scores become weights, the others 0. */
static void softmax(float *scores, size_t seen, size_t count)
{
    float maximum = scores[0], sum = 0.0f;
    for (size_t j = 1; j < seen; j++)
        maximum = scores[j] > maximum ? scores[j] : maximum;
    for (size_t j = 0; j < seen; j++) {
        scores[j] = expf(scores[j] - maximum);
        sum += scores[j];
    }
    for (size_t j = 0; j < seen; j++)
        scores[j] /= sum;
    for (size_t j = seen; j < count; j++)
        scores[j] = 0.0f;
}

static void softmax_of_rows(const WorkerCase *call)
{
    size_t count = self.scores.rows;
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 16) num_threads((int)call->threads) if (count > 64)
#endif
    for (size_t i = 0; i < count; i++)
        softmax(matrix_row(self.scores, i),
                call->causal && !call->decode ? i + 1 : self.scores.cols, self.scores.cols);
}

static Status run(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    size_t d_k = call->d_model / call->heads, first = call->decode ? call->tokens - 1 : 0;
    float scale = 1.0f / sqrtf((float)d_k);
    Matrix x = rows(call->x, first, call->tokens - first);
    amounts[0] = 0.0;
    multiply(x, call->w_q, 0, 1.0f, self.q);
    multiply(x, call->w_k, 0, 1.0f, rows(self.k, first, x.rows));
    multiply(x, call->w_v, 0, 1.0f, rows(self.v, first, x.rows));
    for (size_t h = 0; h < call->heads; h++) {
        multiply(columns(self.q, h * d_k, d_k), columns(self.k, h * d_k, d_k), 1, scale,
                 self.scores);
        softmax_of_rows(call);
        multiply(self.scores, columns(self.v, h * d_k, d_k), 0, 1.0f,
                 columns(self.concat, h * d_k, d_k));
    }
    multiply(self.concat, call->w_o, 0, 1.0f, call->out);
    return STATUS_OK;
}

static const Competitor COMPETITOR = {OPENBLAS_VERSION, false, prepare, run, release};

#else

static const Competitor COMPETITOR = {
    .version = "OpenBLAS's cblas.h is not there (make deps-bench)", .absent = true};

#endif

int main(int argc, char **argv)
{
    return worker_serve(&COMPETITOR, argc == 3 ? strtoul(argv[2], NULL, 10) : 1);
}
