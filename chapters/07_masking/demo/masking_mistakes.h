/**
 * @file masking_mistakes.h
 * @brief Masks done wrong, for the program of chapter 7 to show beside the right one.
 */
#ifndef HEADWISE_MASKING_MISTAKES_H
#define HEADWISE_MASKING_MISTAKES_H

#include "example.h"
#include "status.h"

/**
 * Shows and draws causal masks done right and wrong, and what becomes of a fully blocked row.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_masking_mistakes(Sentence sentence) MUST_USE;

#endif
