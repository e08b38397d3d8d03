/**
 * @file writing_extra.h
 * @brief Chapter 9, extra: two more ways from probabilities to a text. No later chapter builds on
 * it.
 *
 * A reader may write these functions too; until then, the checks call those of writing_extra.c.
 */
#ifndef HEADWISE_ENCODER_DECODER_EXTRA_H
#define HEADWISE_ENCODER_DECODER_EXTRA_H

#include "encoder_decoder.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * Keeps the nucleus: the fewest words, the most likely first, whose probabilities sum to p or more
 * (Holtzman et al. 2020, section 3.1). They are divided by their sum; all others get 0. Of equally
 * likely words the first counts as more likely.
 *
 * @param probabilities One for each word, which sum to one: 1 x V.
 * @param p             Above 0, at most 1.
 * @param kept          Receives what is left: 1 x V; may be `probabilities` itself.
 * @return STATUS_SHAPE when the shapes differ, STATUS_VALUE when p is not above 0 and at most 1,
 *         STATUS_NO_MEMORY; then nothing is written.
 */
Status keep_nucleus(Matrix probabilities, float p, Matrix kept) MUST_USE;

/**
 * Writes on with a beam (Sutskever, Vinyals and Le 2014, section 3.2): in each step every text of
 * the beam is continued by every word, and the best texts are the next beam. A text that ends with
 * the stop word, or is as long as it may be, is not continued but competes as it is. One text is
 * better than another if the mean logarithm of its written words' probabilities is greater (after
 * Wu et al. 2016, section 7). Of equal ones the text that was better before is better, and then the
 * word with the smaller number.
 *
 * @param model  The model.
 * @param memory The source as the encoder left it.
 * @param beams  How many texts a beam has at most; 1 or more. 1 is greedy.
 * @param text   The prompt; receives the words of the best text, as soon as no text of the beam can
 *               be continued.
 * @return STATUS_VALUE without a beam; as next_word_logits(). Then the text is as it was.
 */
Status beam_search(const LanguageModel *model, Memory memory, size_t beams, Text *text) MUST_USE;

#endif
