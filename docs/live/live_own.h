/**
 * @file live_own.h
 * @brief The whole layer on the reader's own arrays, for the first page of the book.
 *
 * Compiled to WebAssembly and called by own.js, which brings the bytes of files: no file is opened
 * here. The files, what they must hold and what is said of those that do not are those of
 * chapter 5's program.
 */
#ifndef HEADWISE_LIVE_OWN_H
#define HEADWISE_LIVE_OWN_H

#include "layer_run.h"
#include "live.h"
#include "matrix.h"

#include <stdbool.h>
#include <stddef.h>

/** What the page has room for. */
enum {
    LIVE_OWN_TOKENS = 1024,   /**< The most tokens: five matrices of T x T are kept. */
    LIVE_OWN_BYTES = 1 << 26, /**< The longest file. */
    LIVE_OWN_NAME_SIZE = 512  /**< Bytes of a file's name, with its NUL. */
};

/**
 * The name of an option of chapter 5's program that names an array, such as "wq".
 *
 * @param option Which one, counted from 0: x, the projections, the biases.
 * @return Its name; NULL after the last one.
 */
EXPORTED(live_own_option) const char *live_own_option(size_t option);

/**
 * What its array must be, as `--help` says it.
 *
 * @param option Which one.
 * @return One line; NULL after the last one.
 */
EXPORTED(live_own_help) const char *live_own_help(size_t option);

/**
 * Where the name of a file is to be written before live_own_read().
 *
 * @return LIVE_OWN_NAME_SIZE bytes, to be ended by a NUL.
 */
EXPORTED(live_own_name) char *live_own_name(void);

/**
 * Where the bytes of a file are to be written before live_own_read().
 *
 * @param size How many; live_own_name() names the file already.
 * @return Room for them; NULL for more than LIVE_OWN_BYTES, or without memory. Then live_error()
 *         says why.
 */
EXPORTED(live_own_room) unsigned char *live_own_room(size_t size);

/**
 * Reads an array from the bytes that were written, and forgets them. What was computed is
 * forgotten, too.
 *
 * @param option Which one it is.
 * @return Whether it could be read. If not, live_error() says what the program would say, and the
 *         option has the array that it had before.
 */
EXPORTED(live_own_read) bool live_own_read(size_t option);

/**
 * The shape of an array that was read.
 *
 * @param option Which one.
 * @return As in Python, valid until the next call; NULL when there is none.
 */
EXPORTED(live_own_shape) const char *live_own_shape(size_t option);

/**
 * How many sequences there are.
 *
 * @return The size of x's batch; 1 when it has none, 0 without x.
 */
EXPORTED(live_own_sequences) size_t live_own_sequences(void);

/** Forgets all arrays, and what was computed. */
EXPORTED(live_own_forget) void live_own_forget(void);

/**
 * Runs the layer.
 *
 * @param sequence Which sequence of the batch, counted from 0.
 * @param heads    How many heads the layer has.
 * @param causal   Whether later tokens are blocked.
 * @return Whether it succeeded. If not, live_error() says what the program would say, or what the
 *         page has no room for, and there is nothing to be read.
 */
EXPORTED(live_own_run) bool live_own_run(size_t sequence, size_t heads, bool causal);

/**
 * Chooses the head of which live_own_matrix() tells; it was the first one.
 *
 * @param head Which one.
 * @return Whether there is such a head, and memory for it.
 */
EXPORTED(live_own_head) bool live_own_head(size_t head);

/**
 * A matrix of the last run.
 *
 * @param which Which one.
 * @return A view that lasts until the next call of another function; NO_MATRIX when there is none.
 */
EXPORTED(live_own_matrix) const Matrix *live_own_matrix(LiveMatrix which);

#endif
