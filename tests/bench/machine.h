/**
 * @file machine.h
 * @brief The machine that is measured: its cores, its name.
 */
#ifndef HEADWISE_MACHINE_H
#define HEADWISE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/** Room for a description. */
enum { MACHINE_TEXT_SIZE = 256 };

/**
 * How many cores this process may use. Of a core that shows itself as several processors, one
 * counts.
 *
 * @return At least 1.
 */
size_t machine_cores(void);

/**
 * Keeps this process, and what it starts, on some cores, where the system lets it.
 *
 * @param cores How many.
 */
void machine_pin(size_t cores);

/** Lets this process, and what it starts, run on every core again. */
void machine_unpin(void);

/**
 * Tells whether machine_pin() does something here.
 *
 * @return Whether it does.
 */
bool machine_can_pin(void);

/**
 * The processor's name.
 *
 * @param text Receives it; "unknown" where the system does not tell.
 */
void machine_processor(char text[MACHINE_TEXT_SIZE]);

/**
 * The compiler's name and version.
 *
 * @param text Receives it; "unknown" for another one than Clang and GCC.
 */
void machine_compiler(char text[MACHINE_TEXT_SIZE]);

/**
 * How many processes wanted to run during the last minute, on the average.
 *
 * @return The number; negative where the system does not tell.
 */
double machine_load(void);

/**
 * Who gets pages of 2 MiB: "always", "madvise" (whoever asks for them) or "never".
 *
 * @param text Receives the word.
 * @return Whether the system tells.
 */
bool machine_large_pages(char text[MACHINE_TEXT_SIZE]);

#endif
