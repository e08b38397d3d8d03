#include "files.h"

#include "assert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[PATH_MAX];

static bool is_entry(const struct dirent *file)
{
    return strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0;
}

/* By descriptors: what lies far down may have a path that is too long to be opened. */
static void remove_from(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return;
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY);
    DIR *files = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    ck_assert_msg(files != NULL, "%s: %s", name, strerror(errno));
    for (struct dirent *file; (file = readdir(files)) != NULL;)
        if (is_entry(file))
            remove_from(descriptor, file->d_name);
    closedir(files);
    ck_assert_int_eq(unlinkat(parent, name, AT_REMOVEDIR), 0);
}

void remove_all(const char *path)
{
    remove_from(AT_FDCWD, path);
}

void forget_files(void)
{
    directory[0] = '\0';
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "%s/tests/%s.files", BUILD, suite_name());
    remove_all(directory);
    ck_assert_msg(mkdir(directory, 0777) == 0, "%s: %s", directory, strerror(errno));
}

const char *in(const char *name)
{
    enum { COUNT = 8 };
    static char paths[COUNT][2 * PATH_MAX];
    static size_t next;
    if (directory[0] == '\0')
        make_directory();
    if (strcmp(name, ".") == 0)
        return directory;
    char *path = paths[next++ % COUNT];
    snprintf(path, sizeof *paths, "%s/%s", directory, name);
    return path;
}

void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

void put_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(in(name), "wb");
    ck_assert_msg(file != NULL, "%s: %s", in(name), strerror(errno));
    ck_assert_uint_eq(size > 0 ? fwrite(bytes, 1, size, file) : 0, size);
    ck_assert_int_eq(fclose(file), 0);
}

const char *path_with(const char *name, const char *script)
{
    static char path[3 * PATH_MAX];
    char here[PATH_MAX] = "", program[NAME_MAX];
    snprintf(program, sizeof program, "bin/%s", name);
    if (!exists("bin"))
        ck_assert_int_eq(mkdir(in("bin"), 0777), 0);
    put(program, script);
    ck_assert_int_eq(chmod(in(program), 0755), 0);
    if (in("bin")[0] != '/')
        ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "PATH=%s/%s:/usr/bin:/bin", here, in("bin"));
    return path;
}

char *file_text(const char *name)
{
    enum { MOST = 1 << 22 };
    FILE *file = fopen(in(name), "rb");
    ck_assert_msg(file != NULL, "%s: %s", in(name), strerror(errno));
    char *text = calloc(MOST, 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_lt(fread(text, 1, MOST - 1, file), MOST - 1);
    fclose(file);
    return text;
}

void assert_holds(const char *name, const char *expected)
{
    char *text = file_text(name);
    ck_assert_str_eq(text, expected);
    free(text);
}

bool exists(const char *name)
{
    struct stat entry;
    return lstat(in(name), &entry) == 0;
}

size_t count_files(const char *name)
{
    size_t count = 0;
    DIR *files = opendir(in(name));
    ck_assert_msg(files != NULL, "%s: %s", in(name), strerror(errno));
    for (struct dirent *file; (file = readdir(files)) != NULL;)
        count += is_entry(file);
    closedir(files);
    return count;
}
