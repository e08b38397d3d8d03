/**
 * @file trial_picture.h
 * @brief What waiting for a sum costs, drawn from a table that the trials have printed.
 */
#ifndef HEADWISE_TRIAL_PICTURE_H
#define HEADWISE_TRIAL_PICTURE_H

#include "status.h"

/**
 * Draws the trials whose ways differ in the number of sums: operations in a second, beside the
 * peak.
 *
 * @param path What `trials` has printed, with such trials in it.
 * @return STATUS_FORMAT when the file cannot be read or has none of them; as plot_curves().
 */
Status trial_picture(const char *path) MUST_USE;

#endif
