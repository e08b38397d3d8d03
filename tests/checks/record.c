/*
 * Runs a check of a chapter on whatever topic this is linked with, and records what comes back:
 *
 *     record CHECK FILE
 */
#include "exercise.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* tests/reader/recording.py knows these. */
enum { FULL = 77, NOT_WRITTEN = 78, SIGNALLED = 128 };

/* What the address sanitizer has, if the program is linked with it. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
void __sanitizer_malloc_hook(const volatile void *memory, size_t size);

/* The sanitizer calls this after each allocation. An endless loop that allocates would take the
 * whole machine's memory before its time is up. */
void __sanitizer_malloc_hook(const volatile void *memory, size_t size)
{
    enum { MOST = 1 << 30 };
    static _Atomic size_t total; /* chapter 10 has threads */
    (void)memory;
    total += size;
    if (total <= MOST || __sanitizer_get_current_allocated_bytes == NULL)
        return;
    total = __sanitizer_get_current_allocated_bytes();
    if (total > MOST)
        _exit(FULL);
}

void not_written(const char *function, const char *file)
{
    printf("%s is not written yet: open %s and write it, one numbered step after the other\n",
           function, file);
    fflush(stdout);
    _exit(NOT_WRITTEN);
}

static int record(const char *name, const char *path)
{
    FILE *to = fopen(path, "wb");
    if (to == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (strcmp(name, CHECKS[i].name) == 0)
            results_record(&CHECKS[i], to);
    return fclose(to) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Records in a child, so that what would kill it is reported. */
static int record_guarded(const char *name, const char *path)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        exit(record(name, path));
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("record");
        return EXIT_FAILURE;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

int main(int count, char **arguments)
{
    if (count == 3)
        return record_guarded(arguments[1], arguments[2]);
    fprintf(stderr, "usage: %s CHECK FILE\n", arguments[0]);
    return 2;
}
