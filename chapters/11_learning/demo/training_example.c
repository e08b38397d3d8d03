#include "training_example.h"

#include "short_task.h"
#include "trainer.h"

#include <stdio.h>

enum { STEPS = 250, LOOKS = 5, TRIED = 50 };

static Status show_row(const Trainer *trainer)
{
    Status status = STATUS_OK;
    Score score;
    TRY(trainer_try(trainer, TRIED, &score));
    printf("  %5zu%10.1f%8.0f %%\n", trainer->step, score.loss, 100.0 * score.exact);
done:
    return status;
}

Status show_short_training(void)
{
    Status status = STATUS_OK;
    LearningTask task = short_task(STEPS);
    Trainer trainer = {0};
    task.plan.d_model = 16;
    task.plan.d_ff = 32;
    printf("reverses two to five letters; tried on %d sources held out\n", TRIED);
    printf("  %5s%10s%10s\n", "steps", "loss", "exact");
    TRY(trainer_create(&task, 1, NULL, &trainer));
    trainer.isa = ISA_BASELINE; /* rounds alike on every machine */
    TRY(show_row(&trainer));
    while (trainer.step < STEPS) {
        TRY(trainer_step(&trainer));
        if (trainer.step % (STEPS / LOOKS) == 0)
            TRY(show_row(&trainer));
    }
done:
    trainer_free(&trainer);
    return status;
}
