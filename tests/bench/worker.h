/**
 * @file worker.h
 * @brief One competitor of the benchmark: a process of its own that is told what to do over a pipe.
 *
 * It is called as `worker NAME THREADS` and first says `ready VERSION` or `absent REASON`. Then it
 * answers each line it reads with one line, `ok ...` or `error REASON`:
 *
 * - `case KIND TOKENS D_MODEL HEADS CAUSAL DIRECTORY` reads x.npy, w_q.npy, w_k.npy, w_v.npy and
 *   w_o.npy and gets ready: KIND is `layer`, the whole sequence, or `decode`, its last token when
 *   keys and values of the others are there already; or `step`, a training step, with the files of
 *   training_case.h;
 * - `result FILE` runs once and writes what came out: `ok SECONDS`;
 * - `run N` runs N times: `ok SECONDS PROCESSOR AMOUNT AMOUNT`. PROCESSOR is the time that all
 *   threads used. The amounts are what only the worker knows, else 0: what one run did; of training
 *   steps the seconds of all ways forward, and of all ways back;
 * - `memory` says the most memory that the process ever had: `ok BYTES`.
 *
 * The workers in Python speak the same: worker.py.
 */
#ifndef HEADWISE_WORKER_H
#define HEADWISE_WORKER_H

#include "array.h"
#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What is to be computed. */
typedef struct WorkerCase {
    bool decode;    /**< One token against a cache, not the whole sequence. */
    bool step;      /**< A training step: `values` to `target` are given, not `x` to `w_o`. */
    bool several;   /**< With `decode`: measured against arithmetic, not the bandwidth. */
    size_t batch;   /**< With `decode`: so many sequences, each one token longer than the last. */
    size_t tokens;  /**< T; with `decode` that of the longest, whose last one is new. */
    size_t d_model; /**< Numbers of one token. */
    size_t heads;   /**< How many heads. */
    bool causal;    /**< Whether a token sees only itself and those before. */
    size_t threads; /**< How many threads to use. */
    Matrix x;       /**< The sequence, T x d_model. */
    Matrix w_q;     /**< d_model x d_model, as the three below. */
    Matrix w_k;     /**< Keys. */
    Matrix w_v;     /**< Values. */
    Matrix w_o;     /**< Output. */
    Matrix values;  /**< The parameters of a model, one row. */
    Matrix source;  /**< Words that are read, a row for each example. */
    Matrix target;  /**< Words that are learned, one more for each example. */
    Matrix out;     /**< Receives the result: T x d_model, or batch x d_model with `decode`; the
                         gradients and the loss with `step`, one row. */
} WorkerCase;

/** How many numbers a run may tell of itself. */
enum { WORKER_AMOUNTS = 2 };

/** A competitor. */
typedef struct Competitor {
    const char *version; /**< What it is and which one, or why it is absent. */
    bool absent;         /**< Whether it cannot compete. */
    /** Gets ready for a case, which stays there until release(). */
    Status (*prepare)(const WorkerCase *call);
    /** Runs once. The amounts are 0 before the first run, and may be set or added to. */
    Status (*run)(const WorkerCase *call, double amounts[WORKER_AMOUNTS]);
    /** Frees what prepare() made, in full or in part; also called before the first one. */
    void (*release)(void);
} Competitor;

/**
 * Serves until standard input ends.
 *
 * @param competitor Who works.
 * @param threads    With how many threads.
 * @return The exit status.
 */
int worker_serve(const Competitor *competitor, size_t threads);

#endif
