#include "canvas.h"

#include "text.h"

#include <stdint.h>
#include <string.h>

/* How a kind of text looks. */
typedef struct TextLook {
    int size;            /* Pixels. */
    const char *options; /* For gnuplot's `with labels`. */
} TextLook;

static const TextLook LOOKS[CANVAS_TEXT_KINDS] = {
    [CANVAS_TITLE] = {16, "left textcolor rgb '#000000'"},
    [CANVAS_SUBTITLE] = {13, "left textcolor rgb '#000000'"},
    [CANVAS_NOTE] = {12, "left textcolor rgb '#555555'"},
    [CANVAS_NOTE_LEFT] = {12, "right textcolor rgb '#555555'"},
    [CANVAS_NOTE_MIDDLE] = {12, "center textcolor rgb '#555555'"},
    [CANVAS_LABEL] = {12, "left textcolor rgb '#000000'"},
    [CANVAS_LABEL_LEFT] = {12, "right textcolor rgb '#000000'"},
    [CANVAS_LABEL_MIDDLE] = {12, "center textcolor rgb '#000000'"},
    [CANVAS_LABEL_UP] = {12, "left rotate by 90 textcolor rgb '#000000'"},
};

/* The most characters of one piece of text. */
static size_t limit(CanvasText kind)
{
    enum { LONGEST_LINE = 200 };
    return kind >= CANVAS_LABEL ? CANVAS_LABEL_LIMIT : LONGEST_LINE;
}

int canvas_width(CanvasText kind, size_t columns)
{
    size_t shown = columns < limit(kind) ? columns : limit(kind);
    /* In a sans-serif font a letter of a sentence is about 0.53 of the size wide, a digit 0.64. */
    int percent = kind >= CANVAS_LABEL ? 64 : 56;
    return ((int)shown * LOOKS[kind].size * percent + 99) / 100;
}

static size_t title_columns(int width)
{
    int columns = width / canvas_width(CANVAS_TITLE, 1);
    return columns > 1 ? (size_t)columns : 1;
}

/* Finds the next line of a title: where it begins, and how many characters it has; 0 at the end. */
static size_t next_line(const char **title, int width)
{
    *title += strspn(*title, " \t\n");
    return text_fit(*title, title_columns(width));
}

int canvas_title_lines(const char *title, int width)
{
    int lines = 0;
    size_t columns;
    while (title != NULL && (columns = next_line(&title, width)) > 0) {
        title = text_skip(title, columns);
        lines++;
    }
    return lines;
}

static void put_characters(FILE *data, const char *text, size_t columns)
{
    char character[CHARACTER_SIZE];
    for (size_t i = 0; text != NULL && i < columns && text_next(&text, character); i++) {
        /* gnuplot ends the text at any other quote, and reads a backslash as C does. */
        if (*character == '"')
            fputs("\\042", data);
        else if (*character == '\\')
            fputs("\\\\", data);
        else
            fputs(character, data);
    }
}

void canvas_quote(FILE *data, const char *text)
{
    fputc('"', data);
    put_characters(data, text, CANVAS_LABEL_LIMIT);
    fputc('"', data);
}

static void put_text(FILE *data, CanvasText kind, double x, double y, const char *text,
                     size_t columns, const char *suffix)
{
    fprintf(data, "%g\t%g\t\"", x, y);
    put_characters(data, text, columns);
    fprintf(data, "%s\"\t%d\n", suffix, (int)kind);
}

void canvas_text(FILE *data, CanvasText kind, double x, double y, const char *text)
{
    canvas_axis(data, kind, x, y, text, "");
}

void canvas_axis(FILE *data, CanvasText kind, double x, double y, const char *text,
                 const char *arrow)
{
    if (text != NULL && *text != '\0')
        put_text(data, kind, x, y, text, limit(kind), arrow);
}

void canvas_title(FILE *data, const char *title, int width)
{
    double y = (double)CANVAS_MARGIN + (double)CANVAS_TITLE_LINE / 2.0;
    size_t columns;
    while (title != NULL && (columns = next_line(&title, width)) > 0) {
        put_text(data, CANVAS_TITLE, CANVAS_MARGIN, y, title, columns, "");
        title = text_skip(title, columns);
        y += (double)CANVAS_TITLE_LINE;
    }
}

void canvas_begin_data(FILE *data, const char *name)
{
    fprintf(data,
            CANVAS_DATA_START
            " A tab ends a column, two empty lines end a block.\n"
            "# The first block is the text: pixels from the left and the top, the text, its kind.\n"
            /* Never an empty block: gnuplot would not count it. */
            "NaN\tNaN\t\"\"\tNaN\n",
            name);
}

void canvas_begin_block(FILE *data, const char *columns)
{
    fprintf(data, "\n\n# %s\n", columns);
}

static const char SETTINGS[] =
    "set encoding utf8\n"
    "set datafile separator \"\\t\"\n"
    "text(kind) = column(4) == kind ? column(1) : NaN\n"
    "do for [format in \"svg png\"] {\n"
    "    if (format eq \"svg\") {\n"
    "        set terminal svg size %d,%d fixed noenhanced background \"#ffffff\" \\\n"
    "            font \"DejaVu Sans,Verdana,sans-serif,12\"\n"
    "    } else {\n"
    "        set terminal pngcairo size %d,%d fontscale 1.125 linewidth 1.5 pointscale 1.5 \\\n"
    "            noenhanced background \"#ffffff\" font \"DejaVu Sans,12\"\n"
    "    }\n"
    "    set output picture.\".\".format\n"
    "    set multiplot\n"
    "    set lmargin at screen 0\n"
    "    set rmargin at screen 1\n"
    "    set tmargin at screen 1\n"
    "    set bmargin at screen 0\n"
    "    set xrange [0:%d]\n"
    "    set yrange [%d:0]\n"
    "    unset key\n"
    "    unset tics\n"
    "    unset border\n";

void canvas_begin_commands(FILE *commands, const char *name, int width, int height)
{
    fprintf(commands,
            CANVAS_COMMANDS_START " Once more: gnuplot %s.gp\n"
                                  "if (!exists(\"picture\")) picture = \"%s\"\n"
                                  "data = \"%s.dat\"\n",
            name, name, name, name, name, name);
    /* 144 dots per inch for PNG, where SVG has 96. */
    fprintf(commands, SETTINGS, width, height, width * 3 / 2, height * 3 / 2, width, height);
}

void canvas_begin_plot(FILE *commands)
{
    for (int kind = 0; kind < CANVAS_TEXT_KINDS; kind++)
        fprintf(commands, "%s data index 0 using (text(%d)):2:3 with labels %s font \",%d\"",
                kind == 0 ? "    plot" : ", \\\n        ", kind, LOOKS[kind].options,
                LOOKS[kind].size);
}

void canvas_end_commands(FILE *commands)
{
    fprintf(commands, "    unset multiplot\n"
                      "    unset output\n"
                      "}\n");
}
