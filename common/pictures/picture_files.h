/**
 * @file picture_files.h
 * @brief The four files of a picture, and whose they are.
 */
#ifndef HEADWISE_PICTURE_FILES_H
#define HEADWISE_PICTURE_FILES_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>

/** The files of a picture. */
typedef enum PictureFile {
    PICTURE_DATA,     /**< NAME.dat, the numbers. */
    PICTURE_COMMANDS, /**< NAME.gp, for gnuplot. */
    PICTURE_SVG,      /**< NAME.svg. */
    PICTURE_PNG,      /**< NAME.png. */
    PICTURE_FILES     /**< How many there are. */
} PictureFile;

/**
 * The path of one of the files.
 *
 * @param directory The directory of the picture.
 * @param name      The picture's name.
 * @param file      Which file.
 * @param path      Receives the path: DIRECTORY/NAME.dat.
 */
void picture_path(const char *directory, const char *name, PictureFile file, char path[PATH_MAX]);

/**
 * Finds out whether a picture may be drawn: whether each of its files is missing, or one that an
 * earlier picture left there. NAME.dat and NAME.gp are known by their first line, NAME.svg by
 * gnuplot's name in it, NAME.png by its format, and these two by the NAME.gp beside them. A
 * symbolic link is never one of ours.
 *
 * @param directory The directory, which may be missing.
 * @param name      The picture's name.
 * @return STATUS_USAGE, with a message that begins with the path, for a file that somebody else
 *         made; STATUS_SYSTEM for one that cannot be replaced; STATUS_SYSTEM for a path that is too
 *         long.
 */
Status picture_expect_ours(const char *directory, const char *name) MUST_USE;

/**
 * Tells whether a path is that of one of a picture's files.
 *
 * @param directory The directory of the picture.
 * @param name      The picture's name.
 * @param path      A path with a '/' in it.
 * @return Whether it is.
 */
bool picture_has_file(const char *directory, const char *name, const char *path);

#endif
