#include "drawing.h"

#include "staged_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room that file names need after the directory and the picture's name. */
enum { SUFFIX_SIZE = 32 };

static Status check_names(const Drawing *drawing)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *name = drawing->name;
    if (*name == '\0' || name[strspn(name, ALLOWED)] != '\0')
        return fail(STATUS_VALUE, "picture name '%s': expected letters, digits, '_' and '-'", name);
    if (strlen(drawing->directory) + strlen(name) + SUFFIX_SIZE >= PATH_MAX)
        return fail(STATUS_SYSTEM, "%s: the path is too long", drawing->directory);
    return STATUS_OK;
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static Status make_directory(const char *path)
{
    if (is_directory(path) || mkdir(path, 0777) == 0 || is_directory(path))
        return STATUS_OK;
    return fail(STATUS_SYSTEM, "%s: cannot make the directory: %s", path,
                strerror(errno == EEXIST ? ENOTDIR : errno));
}

/* Makes a directory and its parents. */
static Status make_directories(const char *path)
{
    char parent[PATH_MAX];
    Status status = STATUS_OK;
    for (size_t i = 1; path[i] != '\0' && status == STATUS_OK; i++)
        if (path[i] == '/') {
            snprintf(parent, sizeof parent, "%.*s", (int)i, path);
            status = make_directory(parent);
        }
    return status == STATUS_OK ? make_directory(path) : status;
}

/* The path of one of the files: DIRECTORY/NAMEending. */
static void path_of(const Drawing *drawing, const char *ending, char path[PATH_MAX])
{
    size_t length = strlen(drawing->directory);
    const char *slash = length > 0 && drawing->directory[length - 1] == '/' ? "" : "/";
    snprintf(path, PATH_MAX, "%s%s%s%s", drawing->directory, slash, drawing->name, ending);
}

static Status write_file(const Drawing *drawing, const char *ending, PlotWriter writer)
{
    char path[PATH_MAX];
    StagedFile file;
    path_of(drawing, ending, path);
    Status status = staged_plan(path, &file);
    if (status == STATUS_OK)
        status = staged_open(&file);
    if (status == STATUS_OK) {
        writer(file.stream, drawing->what);
        status = staged_close(&file, !ferror(file.stream));
    }
    if (status == STATUS_OK)
        status = staged_commit(&file, 1);
    staged_discard(&file);
    return status;
}

/* gnuplot does not notice a full disk. A whole file has its format's last word near its end. */
static bool is_whole(const char *path, const char *last_word)
{
    char bytes[16];
    size_t length = strlen(last_word), size = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    if (fseek(file, -(long)sizeof bytes, SEEK_END) == 0)
        size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, last_word, length) == 0)
            return true;
    return false;
}

static Status move(const char *from, const char *to)
{
    return rename(from, to) == 0 ? STATUS_OK
                                 : fail(STATUS_SYSTEM, "%s: cannot write: %s", to, strerror(errno));
}

/* Moves a picture to its place, both files or none. */
static Status move_both(const char *new_svg, const char *svg, const char *new_png, const char *png)
{
    Status status = move(new_svg, svg);
    if (status != STATUS_OK)
        return status;
    status = move(new_png, png);
    if (status != STATUS_OK)
        remove(svg);
    return status;
}

/* Has gnuplot draw under other names, and moves the pictures to their places if both are whole. */
static Status draw(const Drawing *drawing, bool *drawn)
{
    char svg[PATH_MAX], png[PATH_MAX], new_svg[PATH_MAX], new_png[PATH_MAX], stem[PATH_MAX];
    snprintf(stem, sizeof stem, ".%s-%ld", drawing->name, (long)getpid());
    Drawing new_one = {.directory = drawing->directory, .name = stem};
    path_of(drawing, ".svg", svg);
    path_of(drawing, ".png", png);
    path_of(&new_one, ".svg", new_svg);
    path_of(&new_one, ".png", new_png);
    GnuplotJob job = {svg, drawing->directory, stem, drawing->commands, drawing->what};
    Status status = gnuplot_run(&job, drawn);
    if (status != STATUS_OK || !*drawn)
        goto out;
    if (!is_whole(new_svg, "</svg>") || !is_whole(new_png, "IEND"))
        status = fail(STATUS_SYSTEM, "%s: gnuplot did not draw the whole picture", svg);
    else
        status = move_both(new_svg, svg, new_png, png);
out:
    remove(new_svg);
    remove(new_png);
    return status;
}

Status drawing_make(const Drawing *drawing, bool *drawn)
{
    *drawn = false;
    Status status = check_names(drawing);
    if (status == STATUS_OK)
        status = make_directories(drawing->directory);
    if (status == STATUS_OK)
        status = write_file(drawing, ".dat", drawing->data);
    if (status == STATUS_OK)
        status = write_file(drawing, ".gp", drawing->commands);
    return status == STATUS_OK ? draw(drawing, drawn) : status;
}
