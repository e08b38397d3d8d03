/* realpath() and lstat(); on Linux O_TMPFILE. */
#define _GNU_SOURCE

#include "atomic_file.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static Status cannot_write(const AtomicFile *file, int reason)
{
    return fail(STATUS_SYSTEM, "%s: cannot write: %s", file->name, strerror(reason));
}

/* The directory of a path with a '/' in it. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
    snprintf(directory, PATH_MAX, "%.*s", (int)(strrchr(path, '/') + 1 - path), path);
}

/* The temporary file will stand beside the target, even if that exists already. */
static Status expect_directory(const AtomicFile *file)
{
    char directory[PATH_MAX];
    directory_of(file->target, directory);
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0)
        return cannot_write(file, errno);
    return STATUS_OK;
}

/* The path as it was given: resolved, it might lead through directories that we may not search. */
static void keep_path(AtomicFile *file)
{
    bool bare = strchr(file->path, '/') == NULL;
    snprintf(file->target, sizeof file->target, "%s%s", bare ? "./" : "", file->path);
}

/* A file that does not exist yet: its directory must. */
static Status plan_new(AtomicFile *file)
{
    struct stat link;
    size_t length = strlen(file->path);
    /* A link to nowhere: renaming onto it would replace the link. */
    if (length == 0 || file->path[length - 1] == '/' || lstat(file->path, &link) == 0)
        return cannot_write(file, ENOENT);
    keep_path(file);
    return expect_directory(file);
}

/* Renaming would replace even a file that may not be written, so permission is checked first. */
static Status plan_replacement(AtomicFile *file, mode_t mode)
{
    struct stat link;
    keep_path(file);
    if ((lstat(file->path, &link) == 0 && S_ISLNK(link.st_mode) &&
         realpath(file->path, file->target) == NULL) ||
        faccessat(AT_FDCWD, file->target, W_OK, AT_EACCESS) != 0)
        return cannot_write(file, errno);
    file->exists = true;
    file->mode = mode & 0777;
    return expect_directory(file);
}

/* A pipe or a device is opened only when there is something to write: its reader waits for that. */
static Status plan_direct(AtomicFile *file, mode_t mode)
{
    if (S_ISDIR(mode))
        return cannot_write(file, EISDIR);
    if (faccessat(AT_FDCWD, file->path, W_OK, AT_EACCESS) != 0)
        return cannot_write(file, errno);
    return STATUS_OK;
}

/* A file that standard output goes to already, as with `--out /dev/stdout > FILE`, must be
 * written by way of standard output, or the two would overwrite each other. */
static bool is_standard_output(const struct stat *about)
{
    struct stat standard;
    return fstat(STDOUT_FILENO, &standard) == 0 && standard.st_dev == about->st_dev &&
           standard.st_ino == about->st_ino;
}

Status atomic_file_plan(const char *path, AtomicFile *file)
{
    struct stat about;
    Status status = STATUS_OK;
    *file = (AtomicFile){.path = path, .name = path};
    if (strcmp(path, "-") == 0) {
        file->name = "standard output";
        file->is_standard = true;
    } else if (stat(path, &about) != 0) {
        return errno == ENOENT ? plan_new(file) : cannot_write(file, errno);
    } else {
        file->is_standard = is_standard_output(&about);
        if (S_ISREG(about.st_mode) && !file->is_standard)
            return plan_replacement(file, about.st_mode);
        if (!file->is_standard)
            status = plan_direct(file, about.st_mode);
    }
    file->is_direct = true;
    keep_path(file);
    return status;
}

/* Finds an unused name for the temporary file, under which `make` creates or links it. */
static bool name_temporary(AtomicFile *file, bool (*make)(AtomicFile *file))
{
    enum { ATTEMPTS = 100 };
    char directory[PATH_MAX];
    bool made = false;
    directory_of(file->target, directory);
    interrupts_hold();
    for (int i = 0; i < ATTEMPTS && !made; i++) {
        snprintf(file->temporary, sizeof file->temporary, "%s.headwise-%ld-%d", directory,
                 (long)getpid(), i);
        made = make(file);
        if (!made && errno != EEXIST)
            break;
    }
    if (made)
        unfinished_add(file->temporary);
    else
        file->temporary[0] = '\0';
    interrupts_release();
    return made;
}

/* Unlike mkstemp(), this gives a new file the permissions that the user's umask asks for. */
static bool make_named(AtomicFile *file)
{
    file->stream = fopen(file->temporary, "wbx");
    return file->stream != NULL;
}

static bool make_link(AtomicFile *file)
{
    char nameless[64];
    snprintf(nameless, sizeof nameless, "/proc/self/fd/%d", fileno(file->stream));
    return linkat(AT_FDCWD, nameless, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) == 0;
}

/* Not every system and file system can do this. */
static void open_nameless(AtomicFile *file)
{
#ifdef O_TMPFILE
    char directory[PATH_MAX];
    directory_of(file->target, directory);
    int descriptor = access("/proc/self/fd", X_OK) == 0
                         ? open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666)
                         : -1;
    file->stream = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    file->is_nameless = file->stream != NULL;
    if (descriptor >= 0 && file->stream == NULL)
        close(descriptor); /* GCOVR_EXCL_LINE: fails only when the C library has no memory. */
#else
    (void)file;
#endif
}

static void open_temporary(AtomicFile *file)
{
    open_nameless(file);
    if (file->stream == NULL)
        (void)name_temporary(file, make_named);
}

Status atomic_file_open(AtomicFile *file)
{
    if (file->is_standard)
        file->stream = stdout;
    else if (file->is_direct)
        file->stream = fopen(file->path, "wb");
    else
        open_temporary(file);
    if (file->stream == NULL)
        return cannot_write(file, errno);
    /* Best effort: some file systems have no permissions. */
    if (file->exists)
        fchmod(fileno(file->stream), (mode_t)file->mode);
    return STATUS_OK;
}

/* Gives a complete but nameless file its name. */
static bool complete(AtomicFile *file)
{
    return fflush(file->stream) == 0 && (!file->is_nameless || name_temporary(file, make_link));
}

Status atomic_file_close(AtomicFile *file, bool written)
{
    bool arrived = written && complete(file);
    int reason = errno;
    bool closed = file->stream == stdout || fclose(file->stream) == 0;
    file->stream = NULL;
    return arrived && closed ? STATUS_OK : cannot_write(file, arrived ? errno : reason);
}

/* The temporary file is no longer there, or no longer temporary. */
static void forget(AtomicFile *file)
{
    unfinished_drop(file->temporary);
    file->temporary[0] = '\0';
}

/* Keeps what a file replaces under a second name, for as long as it may be needed again. */
static Status take_place(AtomicFile *file)
{
    if (file->is_direct)
        return STATUS_OK;
    snprintf(file->earlier, sizeof file->earlier, "%s-old", file->temporary);
    if (link(file->target, file->earlier) != 0)
        file->earlier[0] = '\0';
    return rename(file->temporary, file->target) == 0 ? STATUS_OK : cannot_write(file, errno);
}

/* Undoes take_place(): the file was moved, and another one could not be. */
static void leave_place(AtomicFile *file)
{
    if (file->is_direct)
        return;
    if (file->earlier[0] != '\0')
        (void)rename(file->earlier, file->target);
    else if (!file->exists)
        (void)remove(file->target);
}

Status atomic_file_commit(AtomicFile *files, size_t count)
{
    Status status = STATUS_OK;
    size_t moved = 0;
    interrupts_hold();
    while (moved < count && (status = take_place(&files[moved])) == STATUS_OK)
        moved++;
    for (size_t i = 0; i < moved; i++) {
        if (status != STATUS_OK)
            leave_place(&files[i]);
        forget(&files[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (files[i].earlier[0] != '\0')
            (void)remove(files[i].earlier);
    interrupts_release();
    return status;
}

void atomic_file_discard(AtomicFile *file)
{
    interrupts_hold();
    if (file->temporary[0] != '\0')
        remove(file->temporary);
    forget(file);
    interrupts_release();
}

bool same_place(const char *path, const char *other)
{
    char directory[PATH_MAX];
    struct stat about[2];
    if (strcmp(strrchr(path, '/'), strrchr(other, '/')) != 0)
        return false;
    directory_of(path, directory);
    if (stat(directory, &about[0]) != 0)
        return false;
    directory_of(other, directory);
    return stat(directory, &about[1]) == 0 && about[0].st_dev == about[1].st_dev &&
           about[0].st_ino == about[1].st_ino;
}
