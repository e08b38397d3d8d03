#include "picture_files.h"

#include "atomic_file.h"
#include "canvas.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const ENDINGS[PICTURE_FILES] = {".dat", ".gp", ".svg", ".png"};

/* Room that file names need after the directory and the picture's name. */
enum { SUFFIX_SIZE = 64 };

void picture_path(const char *directory, const char *name, PictureFile file, char path[PATH_MAX])
{
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    snprintf(path, PATH_MAX, "%s%s%s%s", directory, slash, name, ENDINGS[file]);
}

/* What stands near the beginning of a file that a picture left. */
static void mark_of(PictureFile file, const char *name, char mark[PATH_MAX])
{
    switch (file) {
    case PICTURE_DATA: snprintf(mark, PATH_MAX, CANVAS_DATA_START, name); break;
    case PICTURE_COMMANDS: snprintf(mark, PATH_MAX, CANVAS_COMMANDS_START, name, name, name); break;
    case PICTURE_SVG: snprintf(mark, PATH_MAX, "GNUPLOT"); break;
    default: snprintf(mark, PATH_MAX, "\x89PNG"); break;
    }
}

/* Neither a link that somebody planted is followed, nor a pipe waited for. */
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

static bool is_ours(const char *directory, const char *name, PictureFile file)
{
    char path[PATH_MAX], mark[PATH_MAX];
    picture_path(directory, name, file, path);
    mark_of(file, name, mark);
    return has_mark(path, mark) &&
           (file <= PICTURE_COMMANDS || is_ours(directory, name, PICTURE_COMMANDS));
}

static Status expect_ours(const char *directory, const char *name, PictureFile file)
{
    char path[PATH_MAX];
    struct stat about;
    picture_path(directory, name, file, path);
    /* If it is not only missing, the reason will be told when it is made. */
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

Status picture_expect_ours(const char *directory, const char *name)
{
    Status status = STATUS_OK;
    if (strlen(directory) + strlen(name) + SUFFIX_SIZE >= PATH_MAX)
        return fail(STATUS_SYSTEM, "%s: the path is too long", directory);
    for (int file = 0; status == STATUS_OK && file < PICTURE_FILES; file++)
        status = expect_ours(directory, name, (PictureFile)file);
    return status;
}

bool picture_has_file(const char *directory, const char *name, const char *path)
{
    char own[PATH_MAX];
    for (int file = 0; file < PICTURE_FILES; file++) {
        picture_path(directory, name, (PictureFile)file, own);
        if (same_place(own, path))
            return true;
    }
    return false;
}
