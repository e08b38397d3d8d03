#include "valley_example.h"

#include "learning.h"
#include "plot.h"

#include <stdio.h>

enum { STEPS = 100, WAYS = 4 };

/* The loss is (along^2 + 50 across^2) / 2. */
static const float STEEP[] = {1, 50};

/* Where one walks, and what is remembered. */
typedef struct Walker {
    float numbers[4][2];
    Matrix w, grad, mean, squares;
} Walker;

static Walker *start(Walker *walker)
{
    *walker = (Walker){.numbers = {{5, 1}}};
    walker->w = matrix_view(walker->numbers[0], 1, 2);
    walker->grad = matrix_view(walker->numbers[1], 1, 2);
    walker->mean = matrix_view(walker->numbers[2], 1, 2);
    walker->squares = matrix_view(walker->numbers[3], 1, 2);
    return walker;
}

static double loss_of(const Walker *walker)
{
    const float *w = walker->w.data;
    return 0.5 * ((double)STEEP[0] * w[0] * w[0] + (double)STEEP[1] * w[1] * w[1]);
}

static Status by_small_steps(size_t step, Walker *walker)
{
    (void)step;
    return sgd_step(0.03, walker->grad, walker->w);
}

static Status by_large_steps(size_t step, Walker *walker)
{
    (void)step;
    return sgd_step(0.041, walker->grad, walker->w);
}

static Status by_momentum(size_t step, Walker *walker)
{
    (void)step;
    return momentum_step(0.03, 0.8, walker->grad, walker->mean, walker->w);
}

static Status by_adam(size_t step, Walker *walker)
{
    Adam adam = DEFAULT_ADAM;
    AdamMoments moments = {walker->mean, walker->squares};
    adam.rate = 0.3;
    return adam_step(&adam, step, walker->grad, &moments, walker->w);
}

static const struct {
    const char *name;
    Status (*step)(size_t step, Walker *walker);
} WAY[WAYS] = {{"rate 0.03", by_small_steps},
               {"rate 0.041", by_large_steps},
               {"momentum 0.8", by_momentum},
               {"Adam, rate 0.3", by_adam}};

static Status walk(size_t way, float *losses)
{
    Status status = STATUS_OK;
    Walker room, *walker = start(&room);
    losses[0] = (float)loss_of(walker);
    for (size_t step = 1; step <= STEPS; step++) {
        for (size_t i = 0; i < 2; i++)
            walker->grad.data[i] = STEEP[i] * walker->w.data[i];
        TRY(WAY[way].step(step, walker));
        losses[step] = (float)loss_of(walker);
    }
done:
    return status;
}

static Status plot_valley(float losses[WAYS][STEPS + 1])
{
    float steps[STEPS + 1];
    Curve curves[WAYS];
    for (size_t i = 0; i <= STEPS; i++)
        steps[i] = (float)i;
    for (size_t i = 0; i < WAYS; i++)
        curves[i] = (Curve){WAY[i].name, steps, losses[i], STEPS + 1};
    return plot_curves(&(CurvePlot){.name = "11_valley",
                                    .title = "A rate that is a little too high never arrives",
                                    .x_axis = "step",
                                    .y_axis = "loss",
                                    .curves = curves,
                                    .curve_count = WAYS,
                                    .log_y = true});
}

Status show_valley(void)
{
    static const size_t AT[] = {0, 1, 5, 20, 100};
    enum { COLUMNS = sizeof AT / sizeof *AT };
    Status status = STATUS_OK;
    static float losses[WAYS][STEPS + 1];
    printf("loss\n  %-16s", "steps");
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%10zu", AT[c]);
    for (size_t i = 0; i < WAYS; i++) {
        TRY(walk(i, losses[i]));
        printf("\n  %-16s", WAY[i].name);
        for (size_t c = 0; c < COLUMNS; c++)
            printf("%10.3g", (double)losses[i][AT[c]]);
    }
    putchar('\n');
    TRY(plot_valley(losses));
done:
    return status;
}
