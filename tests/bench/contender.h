/**
 * @file contender.h
 * @brief The bench's side of the pipe to a worker (worker.h). A worker is stopped whenever it is
 *        not its turn: so threads that wait by turning in circles take no time from the others.
 */
#ifndef HEADWISE_CONTENDER_H
#define HEADWISE_CONTENDER_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    CONTENDER_WORDS = 6,       /**< Words of a command, and NULL. */
    CONTENDER_SETTINGS = 4,    /**< Environment variables, and NULL. */
    CONTENDER_TEXT_SIZE = 512, /**< Room for what a worker says. */
    CONTENDER_PATH_SIZE = 4096 /**< Room for a path. */
};

/** One competitor in one setting. */
typedef struct Contender {
    const char *family;                       /**< The column of the tables it belongs to. */
    const char *name;                         /**< What it is, with its setting. */
    char program[CONTENDER_PATH_SIZE];        /**< The worker, or its script. */
    const char *words[CONTENDER_WORDS];       /**< The command: its first two words at most vary. */
    const char *settings[CONTENDER_SETTINGS]; /**< Environment variables: NAME=VALUE. */
    size_t cores;                             /**< On how many cores it runs. */
    size_t threads;                           /**< How many threads it is told to use. */
    pid_t process;                            /**< The worker; 0 when there is none. */
    FILE *to;                                 /**< Its standard input. */
    int from;                                 /**< Its standard output. */
    bool absent;                              /**< It is not installed, or has given up. */
    char version[CONTENDER_TEXT_SIZE];        /**< What it said first. */
} Contender;

/**
 * Starts the worker, on its cores. When there is none, that is no failure: `absent` is set, and
 * `version` tells why.
 *
 * @param contender Who.
 * @return STATUS_SYSTEM when no process can be started.
 */
Status contender_start(Contender *contender) MUST_USE;

/**
 * Tells the worker something and waits for its answer.
 *
 * @param contender Who.
 * @param seconds   How long to wait; then it is ended, and absent.
 * @param answer    Receives what comes after "ok ".
 * @param format    The line, as for printf, without its end.
 * @return STATUS_VALUE with the worker's reason when it answers "error", or no more at all.
 */
Status contender_ask(Contender *contender, double seconds, char answer[CONTENDER_TEXT_SIZE],
                     const char *format, ...) PRINTF_LIKE(4, 5) MUST_USE;

/**
 * Ends the worker.
 *
 * @param contender Who; nothing happens when it does not run.
 */
void contender_stop(Contender *contender);

#endif
