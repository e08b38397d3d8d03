/**
 * @file session.h
 * @brief Sessions with a program, as a shell would show them: calls, and what comes of them.
 *
 * A line `$ 02_softmax --x 2x5.npy --out out.npy` is a call, and the lines up to the next call or
 * empty line are what comes of it: what is printed, the shape of each file that is written, and
 * `[2]`, an exit status that is not 0. `$ LAYER="--wq 3x6.npy"` lets later calls say `$LAYER`, a
 * word between single quotes may hold blanks, and `| grep 'text'` shows the lines that hold a text.
 * Headings begin with '#'. With REFRESH=1 a test writes the answers anew.
 */
#ifndef HEADWISE_SESSION_H
#define HEADWISE_SESSION_H

#include "process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Room for a call. */
enum { CALL_SIZE = 1024 };

/** A session that is being read. */
typedef struct Session {
    char *text;                /**< All of it, or NULL when there is none. */
    size_t size;               /**< How many characters. */
    size_t at;                 /**< How many were read. */
    char line[CALL_SIZE];      /**< The line as it stands there. */
    char call[CALL_SIZE];      /**< The call in this line, variables filled in, or "". */
    char variables[CALL_SIZE]; /**< A line NAME=text for each. */
} Session;

/**
 * Opens a session.
 *
 * @param path Its file.
 * @return The session, to be closed with session_close().
 */
Session session_open(const char *path);

/**
 * Reads the next line.
 *
 * @param session The session.
 * @return false at the end.
 */
bool session_next(Session *session);

/**
 * Closes a session.
 *
 * @param session The session.
 */
void session_close(Session *session);

/**
 * Makes a call again.
 *
 * @param call   The call, which may be taken apart.
 * @param answer Receives what comes of it, except for the status.
 * @return The exit status.
 */
typedef int MakeCall(char *call, FILE *answer);

/**
 * Repeats a session: what comes of each call must be what stands there.
 *
 * @param path Its file.
 * @param make Makes a call.
 */
void session_repeat(const char *path, MakeCall *make);

/**
 * Cuts off `| grep 'text'`.
 *
 * @param call The call.
 * @return The text, or NULL.
 */
const char *session_grep(char *call);

/**
 * Writes what a program has printed.
 *
 * @param outcome How it ended.
 * @param shown   Only the lines that hold this text are shown, or NULL for all.
 * @param answer  Receives them.
 * @return The exit status, which is 1 when no line holds the text.
 */
int session_print(const Outcome *outcome, const char *shown, FILE *answer);

/**
 * Cuts a call into its words.
 *
 * @param call  The call.
 * @param words Receives the words, then NULL.
 */
void session_words(char *call, const char *words[COMMAND_MAX_WORDS]);

#endif
