/**
 * @file plot_file.h
 * @brief The three files of a picture: its table, NAME.svg and NAME.png.
 */
#ifndef HEADWISE_PLOT_FILE_H
#define HEADWISE_PLOT_FILE_H

#include "gnuplot.h"
#include "status.h"

#include <limits.h>
#include <stdbool.h>

/** The files of a picture. */
typedef enum PlotFile {
    PLOT_TABLE, /**< NAME.table, what is drawn. */
    PLOT_SVG,   /**< NAME.svg. */
    PLOT_PNG,   /**< NAME.png. */
    PLOT_FILES  /**< How many there are. */
} PlotFile;

/**
 * The path of one of the files.
 *
 * @param directory The directory of the picture.
 * @param name      The picture's name.
 * @param file      Which file.
 * @param path      Receives the path: DIRECTORY/NAME.svg.
 */
void plot_file_path(const char *directory, const char *name, PlotFile file, char path[PATH_MAX]);

/**
 * Finds out whether a picture may be drawn: whether each of its files is missing, or one that an
 * earlier picture left there. NAME.table is known by its first line, NAME.svg by gnuplot's name in
 * it, NAME.png by its format, and these two by the NAME.table beside them. A symbolic link is never
 * one of ours.
 *
 * @param directory The directory, which may be missing.
 * @param name      The picture's name.
 * @return STATUS_USAGE, with a message that begins with the path, for a file that somebody else
 *         made; STATUS_SYSTEM for one that cannot be replaced, or a path that is too long.
 */
Status plot_file_expect_ours(const char *directory, const char *name) MUST_USE;

/**
 * Tells whether a path is that of one of a picture's files.
 *
 * @param directory The directory of the picture.
 * @param name      The picture's name.
 * @param path      A path with a '/' in it.
 * @return Whether it is.
 */
bool plot_file_has(const char *directory, const char *name, const char *path);

/**
 * Writes the table, and draws NAME.svg and NAME.png if gnuplot is installed. All three appear
 * together. When gnuplot fails or is missing, only the table does, and an earlier picture stays. An
 * interrupted program leaves what was there.
 *
 * @param directory Where to; made if it is missing, with its parents.
 * @param name      The stem of the files: letters, digits, '_' and '-'.
 * @param table     Writes the table.
 * @param what      What @p table is given.
 * @param drawn     Receives whether there was a gnuplot to draw it.
 * @return STATUS_VALUE for a name with other characters; as plot_file_expect_ours(); STATUS_SYSTEM,
 *         with a message that begins with a path, when something cannot be written, or gnuplot
 *         fails.
 */
Status plot_file_make(const char *directory, const char *name, PlotWriter table, const void *what,
                      bool *drawn) MUST_USE;

#endif
