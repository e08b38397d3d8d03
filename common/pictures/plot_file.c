#include "plot_file.h"

#include "atomic_file.h"
#include "plot_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const ENDINGS[PLOT_FILES] = {".table", ".svg", ".png"};

/* Room that file names need after the directory and the picture's name. */
enum { SUFFIX_SIZE = 64 };

void plot_file_path(const char *directory, const char *name, PlotFile file, char path[PATH_MAX])
{
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    snprintf(path, PATH_MAX, "%s%s%s%s", directory, slash, name, ENDINGS[file]);
}

/* What stands near the beginning of a file that a picture left. */
static void mark_of(PlotFile file, const char *name, char mark[PATH_MAX])
{
    if (file == PLOT_TABLE)
        snprintf(mark, PATH_MAX, PLOT_TABLE_START, name);
    else
        snprintf(mark, PATH_MAX, file == PLOT_SVG ? "GNUPLOT" : "\x89PNG");
}

/* Does not follow a link that somebody planted, or wait for a pipe. */
static bool has_mark(const char *path, const char *mark)
{
    char start[1024];
    struct stat about;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return false;
    bool regular = fstat(file, &about) == 0 && S_ISREG(about.st_mode);
    ssize_t size = regular ? read(file, start, sizeof start) : 0;
    close(file);
    for (ssize_t i = 0, length = (ssize_t)strlen(mark); i + length <= size; i++)
        if (memcmp(start + i, mark, (size_t)length) == 0)
            return true;
    return false;
}

static bool is_ours(const char *directory, const char *name, PlotFile file)
{
    char path[PATH_MAX], mark[PATH_MAX];
    plot_file_path(directory, name, file, path);
    mark_of(file, name, mark);
    return has_mark(path, mark) && (file == PLOT_TABLE || is_ours(directory, name, PLOT_TABLE));
}

static Status expect_ours(const char *directory, const char *name, PlotFile file)
{
    char path[PATH_MAX];
    struct stat about;
    plot_file_path(directory, name, file, path);
    /* Unless it is merely missing, creating it will report why. */
    if (lstat(path, &about) != 0)
        return STATUS_OK;
    if (!S_ISDIR(about.st_mode) && !is_ours(directory, name, file))
        return fail(STATUS_USAGE,
                    "%s: this file is not from an earlier picture, and the new picture would "
                    "replace it: choose another directory for the pictures",
                    path);
    if (S_ISDIR(about.st_mode) || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return fail(STATUS_SYSTEM, "%s: cannot write: %s", path,
                    strerror(S_ISDIR(about.st_mode) ? EISDIR : errno));
    return STATUS_OK;
}

Status plot_file_expect_ours(const char *directory, const char *name)
{
    Status status = STATUS_OK;
    if (strlen(directory) + strlen(name) + SUFFIX_SIZE >= PATH_MAX)
        return fail(STATUS_SYSTEM, "%s: the path is too long", directory);
    for (int file = 0; status == STATUS_OK && file < PLOT_FILES; file++)
        status = expect_ours(directory, name, (PlotFile)file);
    return status;
}

bool plot_file_has(const char *directory, const char *name, const char *path)
{
    char own[PATH_MAX];
    for (int file = 0; file < PLOT_FILES; file++) {
        plot_file_path(directory, name, (PlotFile)file, own);
        if (same_place(own, path))
            return true;
    }
    return false;
}

/* --- Directories ----------------------------------------------------------------------------- */

/* Why a directory cannot be made where there is something: a file, or a link that leads nowhere. */
static int reason_in_the_way(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 ? errno : ENOTDIR;
}

static Status make_directory(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return STATUS_OK;
    if (mkdir(path, 0777) == 0)
        return STATUS_OK;
    int reason = errno == EEXIST ? reason_in_the_way(path) : errno;
    return fail(STATUS_SYSTEM, "%s: cannot make the directory: %s", path, strerror(reason));
}

/* Makes a directory and its parents. */
static Status make_directories(const char *path)
{
    char parent[PATH_MAX];
    for (size_t i = 1; path[i] != '\0'; i++) {
        snprintf(parent, sizeof parent, "%.*s", (int)i, path);
        Status status = path[i] == '/' ? make_directory(parent) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return make_directory(path);
}

/* --- Drawing --------------------------------------------------------------------------------- */

static Status check_name(const char *name)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (*name == '\0' || name[strspn(name, ALLOWED)] != '\0')
        return fail(STATUS_VALUE, "picture name '%s': expected letters, digits, '_' and '-'", name);
    return STATUS_OK;
}

/* gnuplot does not notice a full disk. A whole file has its format's last word near its end. */
static bool is_whole(const char *path, const char *last_word)
{
    char bytes[16];
    size_t length = strlen(last_word), size = 0;
    FILE *file = fopen(path, "rb");
    if (file != NULL && fseek(file, -(long)sizeof bytes, SEEK_END) == 0)
        size = fread(bytes, 1, sizeof bytes, file);
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, last_word, length) == 0)
            return true;
    return false;
}

static Status write_table(AtomicFile *file, PlotWriter table, const void *what)
{
    Status status = STATUS_OK;
    TRY(atomic_file_open(file));
    table(file->stream, what);
    TRY(atomic_file_close(file, !ferror(file->stream)));
done:
    return status;
}

/* What gnuplot did not finish, or did not even begin, is left for the caller to discard. */
static Status draw(AtomicFile *file, GnuplotJob job, const char *last_word, bool *drawn)
{
    Status status = STATUS_OK, drawing;
    TRY(atomic_file_open(file));
    job.about = file->path;
    job.picture = file->stream;
    drawing = gnuplot_draw(&job, drawn);
    TRY(atomic_file_close(file, true));
    TRY(drawing);
    if (*drawn && !is_whole(file->temporary, last_word))
        status = fail(STATUS_SYSTEM, "%s: gnuplot did not draw the whole picture", file->path);
done:
    return status;
}

Status plot_file_make(const char *directory, const char *name, PlotWriter table, const void *what,
                      bool *drawn)
{
    char paths[PLOT_FILES][PATH_MAX];
    AtomicFile files[PLOT_FILES] = {{0}};
    Status status = STATUS_OK, drawing = STATUS_OK;
    *drawn = false;
    TRY(check_name(name));
    TRY(plot_file_expect_ours(directory, name));
    TRY(make_directories(directory));
    for (int file = 0; file < PLOT_FILES; file++) {
        plot_file_path(directory, name, (PlotFile)file, paths[file]);
        TRY(atomic_file_plan(paths[file], &files[file]));
    }
    TRY(write_table(&files[PLOT_TABLE], table, what));
    drawing = draw(&files[PLOT_SVG], (GnuplotJob){.format = "svg", .table = table, .what = what},
                   "</svg>", drawn);
    if (drawing == STATUS_OK && *drawn)
        drawing = draw(&files[PLOT_PNG],
                       (GnuplotJob){.format = "png", .table = table, .what = what}, "IEND", drawn);
    TRY(atomic_file_commit(files, drawing == STATUS_OK && *drawn ? PLOT_FILES : PLOT_SVG));
    status = drawing;
done:
    for (int file = 0; file < PLOT_FILES; file++)
        atomic_file_discard(&files[file]);
    return status;
}
