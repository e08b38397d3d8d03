/**
 * @file canvas.h
 * @brief A page for gnuplot: pixels from the top left corner, and text that is only ever data.
 *
 * A picture has two files. The data file holds blocks of numbers; its first block holds all the
 * text of the picture, each piece in quotes on a line with its place and its kind. The command file
 * tells gnuplot what to draw from which block, and has no text of the caller's in it at all.
 */
#ifndef HEADWISE_CANVAS_H
#define HEADWISE_CANVAS_H

#include <stddef.h>
#include <stdio.h>

/** How the data file of a picture begins, for printf() with its name. */
#define CANVAS_DATA_START "# The data of %s.gp."
/** How its command file begins, for printf() with its name three times. */
#define CANVAS_COMMANDS_START "# Draws %s.svg and %s.png from %s.dat."

/** What a piece of text is for: it decides size, colour and alignment. */
typedef enum CanvasText {
    CANVAS_TITLE,        /**< The picture's title, from its left end on. */
    CANVAS_SUBTITLE,     /**< A panel's title, from its left end on. */
    CANVAS_NOTE,         /**< Names of axes and units, from their left end on. */
    CANVAS_NOTE_LEFT,    /**< The same, up to their right end. */
    CANVAS_NOTE_MIDDLE,  /**< The same, around their middle. */
    CANVAS_LABEL,        /**< A label, from its left end on. */
    CANVAS_LABEL_LEFT,   /**< A label, up to its right end. */
    CANVAS_LABEL_MIDDLE, /**< A label, around its middle. */
    CANVAS_LABEL_UP,     /**< A label that runs upwards. */
    CANVAS_TEXT_KINDS    /**< How many there are. */
} CanvasText;

/** Measures of the page in pixels. */
enum {
    CANVAS_MARGIN = 18,     /**< Around everything. */
    CANVAS_TITLE_LINE = 22, /**< From one line of the title to the next. */
    CANVAS_LINE = 18,       /**< From one line of anything else to the next. */
    CANVAS_LABEL_LIMIT = 32 /**< The most characters of a label; the rest is cut. */
};

/**
 * The width of a text, which depends on the reader's fonts, so it is a generous guess.
 *
 * @param kind    What it is for.
 * @param columns How many characters; what is beyond CANVAS_LABEL_LIMIT does not count for
 *                labels.
 * @return Pixels.
 */
int canvas_width(CanvasText kind, size_t columns);

/**
 * How many lines a title needs.
 *
 * @param title The title; NULL is none.
 * @param width The pixels there are for it.
 * @return The lines, 0 for no title.
 */
int canvas_title_lines(const char *title, int width);

/**
 * Writes a piece of text into the data file.
 *
 * @param data The data file.
 * @param kind What it is for.
 * @param x    Pixels from the left, of the end or middle that the kind tells.
 * @param y    Pixels from the top, of the middle.
 * @param text The text; NULL is nothing.
 */
void canvas_text(FILE *data, CanvasText kind, double x, double y, const char *text);

/**
 * Writes the name of an axis into the data file, with an arrow in its direction.
 *
 * @param data  The data file.
 * @param kind  What it is for.
 * @param x     As for canvas_text().
 * @param y     As for canvas_text().
 * @param text  The name; NULL is nothing.
 * @param arrow What follows the name.
 */
void canvas_axis(FILE *data, CanvasText kind, double x, double y, const char *text,
                 const char *arrow);

/**
 * Writes a title at the top of the page, in as many lines as it needs.
 *
 * @param data  The data file.
 * @param title The title; NULL is nothing.
 * @param width The pixels there are for it.
 */
void canvas_title(FILE *data, const char *title, int width);

/**
 * Writes a text in quotes, as gnuplot reads it from data. It is cut to CANVAS_LABEL_LIMIT.
 *
 * @param data The data file.
 * @param text The text; NULL is empty.
 */
void canvas_quote(FILE *data, const char *text);

/**
 * Begins the data file with a comment and the block of texts.
 *
 * @param data The data file.
 * @param name The picture's name.
 */
void canvas_begin_data(FILE *data, const char *name);

/**
 * Begins a further block of the data file.
 *
 * @param data    The data file.
 * @param columns What the columns are.
 */
void canvas_begin_block(FILE *data, const char *columns);

/**
 * Begins the command file: the page, and a loop that draws it twice, as SVG and as PNG.
 *
 * @param commands The command file.
 * @param name     The picture's name.
 * @param width    The page's width in pixels.
 * @param height   Its height.
 */
void canvas_begin_commands(FILE *commands, const char *name, int width, int height);

/**
 * Begins the plot command that covers the page, with all the texts; the caller may go on with
 * `, \` and what else is to be drawn.
 *
 * @param commands The command file.
 */
void canvas_begin_plot(FILE *commands);

/**
 * Ends the loop and the command file.
 *
 * @param commands The command file.
 */
void canvas_end_commands(FILE *commands);

#endif
