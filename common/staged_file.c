/* realpath() and lstat(). */
#define _XOPEN_SOURCE 700

#include "staged_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static Status cannot_write(const StagedFile *file, int reason)
{
    return fail(STATUS_SYSTEM, "%s: cannot write: %s", file->name, strerror(reason));
}

/* The temporary file will stand beside the target, also when that is there already. */
static Status expect_directory(const StagedFile *file)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(file->target, '/');
    snprintf(directory, sizeof directory, "%.*s", (int)(slash + 1 - file->target), file->target);
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0)
        return cannot_write(file, errno);
    return STATUS_OK;
}

/* A file that does not exist yet: its directory must. */
static Status plan_new(StagedFile *file)
{
    char directory[PATH_MAX] = ".";
    struct stat link;
    /* A link to nowhere: renaming onto it would replace the link. */
    if (lstat(file->path, &link) == 0)
        return cannot_write(file, ENOENT);
    const char *slash = strrchr(file->path, '/');
    const char *base = slash != NULL ? slash + 1 : file->path;
    if (*base == '\0')
        return cannot_write(file, ENOENT);
    if (slash != NULL)
        snprintf(directory, sizeof directory, "%.*s", (int)(base - file->path), file->path);
    if (realpath(directory, file->target) == NULL)
        return cannot_write(file, errno);
    size_t length = strlen(file->target);
    if (length + 1 + strlen(base) >= sizeof file->target)
        return cannot_write(file, ENAMETOOLONG);
    snprintf(file->target + length, sizeof file->target - length, "/%s", base);
    return expect_directory(file);
}

/* A renamed file would replace one that may not be written, so that is asked first. */
static Status plan_replacement(StagedFile *file, mode_t mode)
{
    if (realpath(file->path, file->target) == NULL ||
        faccessat(AT_FDCWD, file->target, W_OK, AT_EACCESS) != 0)
        return cannot_write(file, errno);
    file->exists = true;
    file->mode = mode & 0777;
    return expect_directory(file);
}

/* A pipe or a device is opened only when there is something to write: its reader waits for that. */
static Status plan_direct(StagedFile *file, mode_t mode)
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

Status staged_plan(const char *path, StagedFile *file)
{
    struct stat about;
    Status status = STATUS_OK;
    *file = (StagedFile){.path = path, .name = path};
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
    snprintf(file->target, sizeof file->target, "%s", path);
    return status;
}

/* Unlike mkstemp(), this gives a new file the permissions that the user's umask asks for. */
static void open_temporary(StagedFile *file)
{
    enum { ATTEMPTS = 100 };
    int directory = (int)(strrchr(file->target, '/') - file->target);
    for (int i = 0; i < ATTEMPTS && file->stream == NULL; i++) {
        snprintf(file->temporary, sizeof file->temporary, "%.*s/.headwise-%ld-%d", directory,
                 file->target, (long)getpid(), i);
        file->stream = fopen(file->temporary, "wbx");
        if (file->stream == NULL && errno != EEXIST)
            break;
    }
    if (file->stream == NULL)
        file->temporary[0] = '\0';
}

Status staged_open(StagedFile *file)
{
    if (file->is_standard)
        file->stream = stdout;
    else if (file->is_direct)
        file->stream = fopen(file->path, "wb");
    else
        open_temporary(file);
    if (file->stream == NULL)
        return cannot_write(file, errno);
    /* As good as can be: some file systems know no permissions. */
    if (file->exists)
        fchmod(fileno(file->stream), (mode_t)file->mode);
    return STATUS_OK;
}

Status staged_close(StagedFile *file, bool written)
{
    int reason = errno;
    FILE *stream = file->stream;
    file->stream = NULL;
    if ((stream == stdout ? fflush(stream) : fclose(stream)) != 0 && written) {
        reason = errno;
        written = false;
    }
    return written ? STATUS_OK : cannot_write(file, reason);
}

Status staged_commit(StagedFile *file)
{
    if (!file->is_direct && rename(file->temporary, file->target) != 0)
        return cannot_write(file, errno);
    file->temporary[0] = '\0';
    return STATUS_OK;
}

void staged_discard(StagedFile *file)
{
    if (file->temporary[0] != '\0')
        remove(file->temporary);
    file->temporary[0] = '\0';
}
