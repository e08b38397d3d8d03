/**
 * @file status.h
 * @brief How every function of the project reports failure.
 *
 * A function that can fail returns a Status. The only way to make one that is not STATUS_OK is
 * fail(), which takes the message too: no code without its text. The text is kept per thread.
 */
#ifndef HEADWISE_STATUS_H
#define HEADWISE_STATUS_H

#include <stdbool.h>

/** What kind of thing went wrong. */
typedef enum Status {
    STATUS_OK = 0,    /**< Nothing went wrong. */
    STATUS_SHAPE,     /**< Shapes that do not fit together. */
    STATUS_VALUE,     /**< A number outside what the function accepts. */
    STATUS_FORMAT,    /**< An input file that is missing, unreadable or not what it should be. */
    STATUS_USAGE,     /**< A program called with options that make no sense. */
    STATUS_NO_MEMORY, /**< The system has no memory left, or the size overflows. */
    STATUS_SYSTEM     /**< The system refused something else: a full disk, a closed pipe. */
} Status;

#if defined(__GNUC__)
/** Lets the compiler check a printf-style format (argument @p f) against arguments from @p a. */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
/** A result that must not be ignored. */
#define MUST_USE __attribute__((warn_unused_result))
#else
#define PRINTF_LIKE(f, a)
#define MUST_USE
#endif

/**
 * Records why something failed and hands the code back, so that one line does both:
 * `return fail(STATUS_SHAPE, "matrix_product: a is %zux%zu, but ...", ...);`
 *
 * @param status The kind of failure; not STATUS_OK.
 * @param format What was expected and what came, as for printf. One line: the result is kept in the
 *               harmless form of text.h, and what is too long is cut.
 * @return @p status.
 */
Status fail(Status status, const char *format, ...) PRINTF_LIKE(2, 3);

/**
 * One step of a computation that can fail: on failure, goes to the label `done`, where what was
 * made is freed. The function begins with `Status status = STATUS_OK;`, above it stands whatever
 * `done` frees, and it ends with `done:`, the freeing and `return status;`. Between them the left
 * edge shows the computation:
 *
 * @code{.c}
 * Status status = STATUS_OK;
 * Matrix copy = NO_MATRIX;
 * TRY(matrix_create(x.rows, x.cols, &copy));
 * TRY(matrix_copy(x, copy));
 * TRY(matrix_product(copy, w, out));
 * done:
 *     matrix_free(&copy);
 *     return status;
 * @endcode
 *
 * @param step A call that returns a Status.
 */
#define TRY(step)                                                                                  \
    do {                                                                                           \
        status = (step);                                                                           \
        if (status != STATUS_OK)                                                                   \
            goto done;                                                                             \
    } while (false)

/**
 * The text of the last failure in this thread.
 *
 * @return A string that stays valid until the next fail() in this thread; "" before the first.
 */
const char *last_error(void);

/**
 * The exit status of a program that ends with this status.
 *
 * @param status How the work ended.
 * @return 0 for success, 2 when what the user gave is at fault, 1 when the system is.
 */
int exit_status(Status status);

#endif
