/* Multi-head attention with one weight at a time: plain loops in double, the output as a sum of
 * heads. */
#include "multi_head_attention.h"

#include <math.h>

typedef struct Demand {
    const char *what;
    size_t is, must_be;
} Demand;

static Status meet(const char *function, const Demand *demands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (demands[i].is != demands[i].must_be)
            return fail(STATUS_SHAPE, "%s: %s is %zu, expected %zu", function, demands[i].what,
                        demands[i].is, demands[i].must_be);
    return STATUS_OK;
}

static size_t rest(size_t columns, size_t heads)
{
    return heads == 0 || columns == 0 ? 1 : columns % heads;
}

static size_t bias_columns(Matrix bias, Matrix w)
{
    if (bias.data == NULL)
        return w.cols;
    return bias.rows == 1 ? bias.cols : w.cols + 1;
}

Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    const MultiHeadLayer l = *layer;
    const Demand demands[] = {
        {"rows of w_q", l.w_q.rows, x.cols},
        {"rows of w_k", l.w_k.rows, context.cols},
        {"rows of w_v", l.w_v.rows, context.cols},
        {"columns of w_k", l.w_k.cols, l.w_q.cols},
        {"columns of w_q that no head gets", rest(l.w_q.cols, l.heads), 0},
        {"columns of w_v that no head gets", rest(l.w_v.cols, l.heads), 0},
        {"rows of w_o", l.w_o.rows, l.w_v.cols},
        {"numbers of b_q", bias_columns(l.b_q, l.w_q), l.w_q.cols},
        {"numbers of b_k", bias_columns(l.b_k, l.w_k), l.w_k.cols},
        {"numbers of b_v", bias_columns(l.b_v, l.w_v), l.w_v.cols},
        {"numbers of b_o", bias_columns(l.b_o, l.w_o), l.w_o.cols},
        {"rows of weights", weights.rows, l.heads * x.rows},
        {"columns of weights", weights.cols, context.rows},
        {"rows of out", out.rows, x.rows},
        {"columns of out", out.cols, l.w_o.cols},
    };
    return meet(function, demands, sizeof demands / sizeof *demands);
}

/* One number of x w + b, from its last product to its first. */
static float number(const float *x, Matrix w, Matrix bias, size_t column)
{
    double sum = 0.0;
    for (size_t i = w.rows; i-- > 0;)
        sum += (double)x[i] * matrix_row(w, i)[column];
    return (float)(bias.data != NULL ? (float)sum + bias.data[column] : sum);
}

static Status make(Matrix x, Matrix w, Matrix bias, Matrix *result)
{
    if (x.cols != w.rows)
        return fail(STATUS_SHAPE, "a projection has %zu rows, expected %zu", w.rows, x.cols);
    Status status = matrix_create(x.rows, w.cols, result);
    for (size_t c = 0; status == STATUS_OK && c < w.cols; c++)
        for (size_t r = 0; r < x.rows; r++)
            matrix_row(*result, r)[c] = number(matrix_row(x, r), w, bias, c);
    return status;
}

Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *layer, HeadMatrices *all)
{
    all->q = all->k = all->v = all->concat = NO_MATRIX;
    Status status = make(context, layer->w_k, layer->b_k, &all->k);
    status = status != STATUS_OK ? status : make(x, layer->w_q, layer->b_q, &all->q);
    status = status != STATUS_OK ? status : make(context, layer->w_v, layer->b_v, &all->v);
    return status != STATUS_OK ? status : matrix_create(x.rows, layer->w_v.cols, &all->concat);
}

static Status cut(Matrix whole, size_t heads, size_t head, Matrix *part)
{
    if (heads == 0 || whole.cols == 0 || whole.cols % heads != 0)
        return fail(STATUS_SHAPE, "%zu heads for %zu columns", heads, whole.cols);
    if (head >= heads)
        return fail(STATUS_VALUE, "head %zu of %zu", head, heads);
    return matrix_columns(whole, head * (whole.cols / heads), whole.cols / heads, part);
}

Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    const Matrix from[] = {all->concat, all->v, all->k, all->q};
    Matrix *const to[] = {&one->concat, &one->v, &one->k, &one->q};
    Status status = STATUS_OK;
    for (size_t i = 0; i < 4 && status == STATUS_OK; i++)
        status = cut(from[i], heads, head, to[i]);
    return status;
}

Status multi_head_output(Matrix concat, const MultiHeadLayer *layer, Matrix out)
{
    const Demand demands[] = {{"rows of w_o", layer->w_o.rows, concat.cols},
                              {"rows of out", out.rows, concat.rows},
                              {"columns of out", out.cols, layer->w_o.cols}};
    Status status = meet("multi_head_output", demands, 3);
    for (size_t r = 0; status == STATUS_OK && r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = number(matrix_row(concat, r), layer->w_o, layer->b_o, c);
    return status;
}

/* One query of one head: its scores become its weights, and its weights its result. */
static void ask(const float *query, const HeadMatrices *one, float *weights, float *result)
{
    double greatest = -INFINITY, sum = 0.0;
    for (size_t j = 0; j < one->k.rows; j++) {
        double score = 0.0;
        for (size_t c = 0; c < one->k.cols; c++)
            score += (double)query[c] * matrix_row(one->k, j)[c];
        weights[j] = (float)(score / sqrt((double)one->k.cols));
        greatest = weights[j] > greatest || isnan(weights[j]) ? weights[j] : greatest;
    }
    for (size_t j = 0; j < one->k.rows; j++)
        sum += exp(weights[j] - greatest);
    for (size_t j = 0; j < one->k.rows; j++)
        weights[j] = greatest == -INFINITY ? 0.0f : (float)(exp(weights[j] - greatest) / sum);
    for (size_t c = 0; c < one->v.cols; c++) {
        double mix = 0.0;
        for (size_t j = 0; j < one->v.rows; j++)
            mix += (double)weights[j] * matrix_row(one->v, j)[c];
        result[c] = (float)mix;
    }
}

Status multi_head_attention(Matrix x, const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    HeadMatrices all, one;
    Status status = multi_head_expect_shapes("multi_head_attention", x, x, layer, weights, out);
    if (status != STATUS_OK)
        return status;
    status = multi_head_project(x, x, layer, &all);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t h = 0; h < layer->heads && status == STATUS_OK; h++) {
            status = multi_head_select(&all, layer->heads, h, &one);
            if (status == STATUS_OK)
                ask(matrix_row(one.q, t), &one, matrix_row(weights, h * x.rows + t),
                    matrix_row(one.concat, t));
        }
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, layer, out);
    multi_head_free(&all);
    return status;
}

Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    const Demand demands[] = {{"rows of w_o", w_o.rows, concat.cols},
                              {"columns that no head gets", rest(concat.cols, heads), 0},
                              {"rows of out", out.rows, concat.rows},
                              {"columns of out", out.cols, w_o.cols}};
    Status status = meet("sum_of_heads", demands, 4);
    for (size_t r = 0; status == STATUS_OK && r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double total = 0.0;
            for (size_t h = 0, k = 0; h < heads; h++) {
                double part = 0.0;
                for (; k < (h + 1) * (concat.cols / heads); k++)
                    part += (double)matrix_row(concat, r)[k] * matrix_row(w_o, k)[c];
                total += part;
            }
            matrix_row(out, r)[c] = (float)total;
        }
    return status;
}

size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    size_t count = 0;
    for (size_t head = 0; head < heads; head++)
        count += 4 * d_model * (d_model / heads);
    return biases ? count + 4 * d_model : count;
}

MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    MultiHeadCost cost = {0, 0, 0, 0, 0};
    double t = (double)tokens, d = (double)d_model, d_k = d / (double)heads;
    for (size_t head = 0; head < heads; head++) {
        cost.projections += 3 * t * d * d_k;
        cost.scores += t * t * d_k;
        cost.weighted += t * t * d_k;
        cost.output += t * d * d_k;
        cost.exponentials += t * t;
    }
    return cost;
}
