/**
 * @file training_pictures.h
 * @brief A training that is watched: the loss as it falls, and attention at six moments.
 */
#ifndef HEADWISE_TRAINING_PICTURES_H
#define HEADWISE_TRAINING_PICTURES_H

#include "status.h"
#include "training_run.h"

/** At how many moments the attention is looked at. */
enum { MOMENTS = 6 };

/**
 * Trains, and shows what came of it: the picture of the loss and, of an
 * encoder-decoder, that of its cross-attention at six moments, and what it answers.
 *
 * @param run    What to do; its `watch` is not read.
 * @param result Receives what came of it, still to be printed.
 * @return As training_run() and plot_heatmaps().
 */
Status show_training(const TrainingRun *run, TrainingResult *result) MUST_USE;

#endif
