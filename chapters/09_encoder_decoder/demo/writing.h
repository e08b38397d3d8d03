/**
 * @file writing.h
 * @brief Texts written as the reader's options say, by a model by hand or one of the reader's own.
 */
#ifndef HEADWISE_WRITING_H
#define HEADWISE_WRITING_H

#include "status.h"

#include <stdbool.h>

/**
 * Whether the options ask for a text.
 *
 * @return Whether one of them says how a word is chosen, or names a table of words.
 */
bool writing_is_asked(void);

/**
 * Writes a text: with --model on that model, else on the two models by hand, on standard output.
 *
 * @return STATUS_USAGE, STATUS_VALUE, STATUS_SHAPE; as decoder_model_open() and program_write();
 *         STATUS_NO_MEMORY.
 */
Status write_arrays(void) MUST_USE;

#endif
