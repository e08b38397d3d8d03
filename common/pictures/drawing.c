#include "drawing.h"

#include "atomic_file.h"
#include "interrupt.h"
#include "picture_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A picture while it is made: in a directory of its own beside its place, which nobody else may
 * enter, so that gnuplot finds no link there that leads elsewhere. */
typedef struct Workshop {
    const Drawing *drawing;
    char directory[PATH_MAX];
    char log[PATH_MAX + TEMPORARY_NAME_SIZE]; /* What gnuplot says. */
    AtomicFile files[PICTURE_FILES];
} Workshop;

static Status check_name(const Drawing *drawing)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *name = drawing->name;
    if (*name == '\0' || name[strspn(name, ALLOWED)] != '\0')
        return fail(STATUS_VALUE, "picture name '%s': expected letters, digits, '_' and '-'", name);
    return STATUS_OK;
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
    Status status = STATUS_OK;
    for (size_t i = 1; path[i] != '\0' && status == STATUS_OK; i++)
        if (path[i] == '/') {
            snprintf(parent, sizeof parent, "%.*s", (int)i, path);
            status = make_directory(parent);
        }
    return status == STATUS_OK ? make_directory(path) : status;
}

/* --- The workshop ---------------------------------------------------------------------------- */

static Status cannot_write(const char *path)
{
    return fail(STATUS_SYSTEM, "%s: cannot write: %s", path, strerror(errno));
}

static void describe_files(Workshop *shop)
{
    const Drawing *drawing = shop->drawing;
    snprintf(shop->log, sizeof shop->log, "%s/log", shop->directory);
    unfinished_add(shop->directory);
    unfinished_add(shop->log);
    for (int i = 0; i < PICTURE_FILES; i++) {
        AtomicFile *file = &shop->files[i];
        picture_path(drawing->directory, drawing->name, (PictureFile)i, file->target);
        file->path = file->name = file->target;
        file->exists = access(file->target, F_OK) == 0;
        picture_path(shop->directory, drawing->name, (PictureFile)i, file->temporary);
        unfinished_add(file->temporary);
    }
}

static Status open_workshop(Workshop *shop)
{
    enum { ATTEMPTS = 100 };
    bool made = false;
    char place[PATH_MAX];
    picture_path(shop->drawing->directory, shop->drawing->name, PICTURE_DATA, place);
    int directory = (int)(strrchr(place, '/') + 1 - place);
    interrupts_hold();
    for (int i = 0; i < ATTEMPTS && !made; i++) {
        snprintf(shop->directory, sizeof shop->directory, "%.*s.headwise-%ld-%d", directory, place,
                 (long)getpid(), i);
        made = mkdir(shop->directory, 0700) == 0;
        if (!made && errno != EEXIST)
            break;
    }
    if (made)
        describe_files(shop);
    interrupts_release();
    return made ? STATUS_OK : cannot_write(place);
}

static void close_workshop(Workshop *shop)
{
    interrupts_hold();
    for (int i = 0; i < PICTURE_FILES; i++)
        atomic_file_discard(&shop->files[i]);
    remove(shop->log);
    unfinished_drop(shop->log);
    remove(shop->directory);
    unfinished_drop(shop->directory);
    interrupts_release();
}

static Status write_file(Workshop *shop, PictureFile which, PlotWriter writer)
{
    AtomicFile *file = &shop->files[which];
    file->stream = fopen(file->temporary, "wbx");
    if (file->stream == NULL)
        return cannot_write(file->path);
    writer(file->stream, shop->drawing->what);
    return atomic_file_close(file, !ferror(file->stream));
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

static Status draw(Workshop *shop, bool *drawn)
{
    const Drawing *drawing = shop->drawing;
    const char *svg = shop->files[PICTURE_SVG].target;
    GnuplotJob job = {svg,       shop->directory,   drawing->name,
                      shop->log, drawing->commands, drawing->what};
    Status status = gnuplot_run(&job, drawn);
    if (status == STATUS_OK && *drawn &&
        (!is_whole(shop->files[PICTURE_SVG].temporary, "</svg>") ||
         !is_whole(shop->files[PICTURE_PNG].temporary, "IEND")))
        return fail(STATUS_SYSTEM, "%s: gnuplot did not draw the whole picture", svg);
    return status;
}

/* All four files take their places together. Without a picture, the first two do: gnuplot can draw
 * it from them. */
static Status make(Workshop *shop, bool *drawn)
{
    Status status = write_file(shop, PICTURE_DATA, shop->drawing->data);
    if (status == STATUS_OK)
        status = write_file(shop, PICTURE_COMMANDS, shop->drawing->commands);
    if (status != STATUS_OK)
        return status;
    Status drawing = draw(shop, drawn);
    bool whole = drawing == STATUS_OK && *drawn;
    status = atomic_file_commit(shop->files, whole ? PICTURE_FILES : PICTURE_SVG);
    return status != STATUS_OK ? status : drawing;
}

Status drawing_make(const Drawing *drawing, bool *drawn)
{
    Workshop shop = {.drawing = drawing};
    *drawn = false;
    Status status = check_name(drawing);
    if (status == STATUS_OK)
        status = picture_expect_ours(drawing->directory, drawing->name);
    if (status == STATUS_OK)
        status = make_directories(drawing->directory);
    if (status == STATUS_OK)
        status = open_workshop(&shop);
    if (status != STATUS_OK)
        return status;
    status = make(&shop, drawn);
    close_workshop(&shop);
    return status;
}
