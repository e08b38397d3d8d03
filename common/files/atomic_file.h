/**
 * @file atomic_file.h
 * @brief Output files that appear whole or not at all.
 *
 * A regular file is written under another name in the same directory and renamed when all is done.
 * Anything else (a pipe, a device, standard output) cannot wait and is written directly. For each
 * AtomicFile, call atomic_file_plan(), atomic_file_open(), write, then atomic_file_close() and
 * atomic_file_commit(), in this order; and atomic_file_discard() at the end, whatever happened. A
 * program that is interrupted removes its temporary files if it called interrupts_expect(). Where
 * the system allows it, the temporary file has no name before it is complete: then not even SIGKILL
 * leaves a partial file.
 */
#ifndef HEADWISE_ATOMIC_FILE_H
#define HEADWISE_ATOMIC_FILE_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/** Room for the name of a temporary file, after its directory, and for that of an earlier one. */
enum { TEMPORARY_NAME_SIZE = 64, EARLIER_NAME_SIZE = TEMPORARY_NAME_SIZE + 8 };

/** One output file. */
typedef struct AtomicFile {
    const char *path;      /**< As the caller named it. */
    const char *name;      /**< The same for messages: "standard output" for "-". */
    bool is_direct;        /**< Written directly, not by way of a temporary file. */
    bool is_standard;      /**< Standard output, or another name of it. */
    bool exists;           /**< A regular file that will be replaced. */
    unsigned mode;         /**< Its permissions. */
    bool is_nameless;      /**< The temporary file has no name yet. */
    FILE *stream;          /**< Where to write, while it is open; else NULL. */
    char target[PATH_MAX]; /**< The path, after symbolic links if it is one; has a '/' in it, but
                                for standard output. */
    char temporary[PATH_MAX +
                   TEMPORARY_NAME_SIZE];        /**< The temporary file; "" when there is none. */
    char earlier[PATH_MAX + EARLIER_NAME_SIZE]; /**< A second name of what it replaces, or "". */
} AtomicFile;

/**
 * Finds out what a path stands for, and whether it may be written. A symbolic link is followed.
 * Nothing is opened or written.
 *
 * @param path The path, which must outlive the result; "-" for standard output.
 * @param file Receives the plan.
 * @return STATUS_SYSTEM, with a message that begins with the path, when it cannot be written.
 */
Status atomic_file_plan(const char *path, AtomicFile *file) MUST_USE;

/**
 * Opens what is to be written: the temporary file, or the target itself if it is direct.
 *
 * @param file The plan; its `stream` is then open.
 * @return STATUS_SYSTEM when it cannot be opened.
 */
Status atomic_file_open(AtomicFile *file) MUST_USE;

/**
 * Ends the writing and makes sure that everything has arrived.
 *
 * @param file    The open file; it is closed in any case.
 * @param written Whether all writing went well so far; if not, `errno` says why.
 * @return STATUS_SYSTEM when something could not be written.
 */
Status atomic_file_close(AtomicFile *file, bool written) MUST_USE;

/**
 * Moves closed temporary files to their places, all or none. Direct ones are left alone. If one
 * cannot be moved, the files that earlier ones replaced are put back, unless the file system has no
 * hard links.
 *
 * @param files The closed files.
 * @param count How many.
 * @return STATUS_SYSTEM when one cannot be moved.
 */
Status atomic_file_commit(AtomicFile *files, size_t count) MUST_USE;

/**
 * Removes the temporary file, if there still is one.
 *
 * @param file The closed file.
 */
void atomic_file_discard(AtomicFile *file);

/**
 * Tells whether two paths name the same place in the same directory, whether or not there is a
 * file.
 *
 * @param path  A path with a '/' in it, such as an AtomicFile's target.
 * @param other Another one.
 * @return Whether they do.
 */
bool same_place(const char *path, const char *other);

#endif
