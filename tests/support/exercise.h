/**
 * @file exercise.h
 * @brief What an exercise says until you have written it.
 */
#ifndef HEADWISE_EXERCISE_H
#define HEADWISE_EXERCISE_H

/** Stands in a function that is still to be written. Replace the line by your code. */
#define NOT_WRITTEN_YET() not_written(__func__, __FILE__)

/** Fails the running check with a line that says which function of which file to write. */
_Noreturn void not_written(const char *function, const char *file);

#endif
