/**
 * @file staged_file.h
 * @brief Output files that appear whole or not at all.
 *
 * A regular file is written under another name in the same directory and renamed when all is done.
 * What is no regular file (a pipe, a device, standard output) cannot wait and is written directly.
 * Of each StagedFile: staged_plan(), staged_open(), writing, staged_close(), staged_commit(), in
 * this order; and staged_discard() at the end, whatever happened.
 */
#ifndef HEADWISE_STAGED_FILE_H
#define HEADWISE_STAGED_FILE_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/** Room for the name of a temporary file, after its directory. */
enum { STAGED_NAME_SIZE = 64 };

/** One output file. */
typedef struct StagedFile {
    const char *path;      /**< As the caller named it. */
    const char *name;      /**< The same for messages: "standard output" for "-". */
    bool is_direct;        /**< Written directly, not by way of a temporary file. */
    bool is_standard;      /**< Standard output, or another name of it. */
    bool exists;           /**< A regular file that will be replaced. */
    unsigned mode;         /**< Its permissions. */
    FILE *stream;          /**< Where to write, while it is open; else NULL. */
    char target[PATH_MAX]; /**< The resolved path; the path if direct. */
    char temporary[PATH_MAX + STAGED_NAME_SIZE]; /**< The temporary file; "" when there is none. */
} StagedFile;

/**
 * Finds out what a path stands for, and whether it may be written. A symbolic link is followed.
 * Nothing is opened or written.
 *
 * @param path The path, which must outlive the result; "-" for standard output.
 * @param file Receives the plan.
 * @return STATUS_SYSTEM, with a message that begins with the path, when it cannot be written.
 */
Status staged_plan(const char *path, StagedFile *file) MUST_USE;

/**
 * Opens what is to be written: the temporary file, or the target itself if it is direct.
 *
 * @param file The plan; its `stream` is then open.
 * @return STATUS_SYSTEM when it cannot be opened.
 */
Status staged_open(StagedFile *file) MUST_USE;

/**
 * Ends the writing and makes sure that everything has arrived.
 *
 * @param file    The open file; it is closed in any case.
 * @param written Whether all writing went well so far; if not, `errno` says why.
 * @return STATUS_SYSTEM when something could not be written.
 */
Status staged_close(StagedFile *file, bool written) MUST_USE;

/**
 * Moves a closed temporary file to its place. Nothing happens if the file is direct.
 *
 * @param file The closed file.
 * @return STATUS_SYSTEM when it cannot be moved.
 */
Status staged_commit(StagedFile *file) MUST_USE;

/**
 * Removes the temporary file, if there still is one.
 *
 * @param file The closed file.
 */
void staged_discard(StagedFile *file);

#endif
