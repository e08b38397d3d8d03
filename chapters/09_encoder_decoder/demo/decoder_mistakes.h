/**
 * @file decoder_mistakes.h
 * @brief Decoders done wrong, for the program of chapter 9 to show beside the right one.
 */
#ifndef HEADWISE_DECODER_MISTAKES_H
#define HEADWISE_DECODER_MISTAKES_H

#include "example.h"
#include "status.h"

/**
 * Shows and draws cross-attentions done right and wrong, and what they write.
 *
 * @param sentence The source of the model that reverses.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_cross_mistakes(Sentence sentence) MUST_USE;

/**
 * Shows what the model that copies writes when something is forgotten around it.
 *
 * @param sentence The prompt.
 * @return STATUS_NO_MEMORY.
 */
Status show_writing_mistakes(Sentence sentence) MUST_USE;

#endif
