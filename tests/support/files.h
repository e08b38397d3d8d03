/**
 * @file files.h
 * @brief The files of a test: each test has a directory of its own, which is empty when it begins.
 */
#ifndef HEADWISE_FILES_H
#define HEADWISE_FILES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * A path in the directory of the test, which is made when it is needed.
 *
 * @param name The file's name, or "." for the directory.
 * @return The path, valid until the eighth call after this one; that of "." as long as the test.
 */
const char *in(const char *name);

/**
 * Makes a file, or replaces what it holds.
 *
 * @param name Its name.
 * @param text What it holds.
 */
void put(const char *name, const char *text);

/**
 * Makes a file of any bytes.
 *
 * @param name  Its name.
 * @param bytes What it holds.
 * @param size  How many bytes.
 */
void put_bytes(const char *name, const void *bytes, size_t size);

/**
 * Makes a program that is found before any other of its name.
 *
 * @param name   Its name.
 * @param script The lines of a script.
 * @return "PATH=...", for Command.environment, valid until the next call.
 */
const char *path_with(const char *name, const char *script);

/**
 * Reads a file, which must be there.
 *
 * @param name Its name.
 * @return What it holds and a NUL, to be freed.
 */
char *file_text(const char *name);

/**
 * A file holds this text.
 *
 * @param name     Its name.
 * @param expected The text.
 */
void assert_holds(const char *name, const char *expected);

/**
 * Whether there is a file, a directory, or a link that leads nowhere.
 *
 * @param name Its name.
 * @return true when there is one.
 */
bool exists(const char *name);

/**
 * Counts what lies in a directory, hidden files too.
 *
 * @param name Its name, or ".".
 * @return The number of files and directories.
 */
size_t count_files(const char *name);

/**
 * Removes a file, or a directory with all that is in it, if it is there.
 *
 * @param path Its path.
 */
void remove_all(const char *path);

/** Begins anew, with an empty directory when one is needed. */
void forget_files(void);

#endif
