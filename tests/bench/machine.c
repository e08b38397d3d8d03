#if defined(__linux__)
/* Linux alone can be told on which cores a process runs. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): asks for  \
                       it */
#include <sched.h>
#endif

#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)

/* Where the process could run when it began. */
static cpu_set_t at_first;
static bool known;

static void remember_cores(void)
{
    if (!known)
        known = sched_getaffinity(0, sizeof at_first, &at_first) == 0;
}

/* Whether a processor is the first one of its core. */
static bool is_core(int processor)
{
    char path[128], line[MACHINE_TEXT_SIZE];
    int first = processor;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
             processor);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    if (fgets(line, sizeof line, file) != NULL && line[0] >= '0' && line[0] <= '9') {
        first = 0;
        for (size_t i = 0; line[i] >= '0' && line[i] <= '9'; i++)
            first = 10 * first + (line[i] - '0');
    }
    (void)fclose(file);
    return first == processor || !CPU_ISSET((size_t)first, &at_first);
}

size_t machine_cores(void)
{
    size_t cores = 0;
    remember_cores();
    for (int i = 0; known && i < CPU_SETSIZE; i++)
        cores += CPU_ISSET((size_t)i, &at_first) && is_core(i);
    return cores > 0 ? cores : 1;
}

void machine_pin(size_t cores)
{
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    remember_cores();
    for (int i = 0; known && i < CPU_SETSIZE && cores > 0; i++) {
        if (!CPU_ISSET((size_t)i, &at_first) || !is_core(i))
            continue;
        CPU_SET((size_t)i, &chosen);
        cores--;
    }
    if (CPU_COUNT(&chosen) > 0)
        (void)sched_setaffinity(0, sizeof chosen, &chosen);
}

void machine_unpin(void)
{
    if (known)
        (void)sched_setaffinity(0, sizeof at_first, &at_first);
}

bool machine_can_pin(void)
{
    remember_cores();
    return known;
}

double machine_load(void)
{
    double load = -1.0;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file == NULL)
        return load;
    if (fscanf(file, "%lf", &load) != 1) /* NOLINT(cert-err34-c): the kernel wrote it */
        load = -1.0;
    (void)fclose(file);
    return load;
}

/* The word in brackets of "always [madvise] never". */
bool machine_large_pages(char text[MACHINE_TEXT_SIZE])
{
    char line[MACHINE_TEXT_SIZE] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file == NULL)
        return false;
    const char *chosen = fgets(line, sizeof line, file) != NULL ? strchr(line, '[') : NULL;
    if (chosen != NULL)
        snprintf(text, MACHINE_TEXT_SIZE, "%.*s", (int)strcspn(chosen + 1, "]"), chosen + 1);
    (void)fclose(file);
    return chosen != NULL;
}

#else

size_t machine_cores(void)
{
    long there = sysconf(_SC_NPROCESSORS_ONLN);
    return there > 0 ? (size_t)there : 1;
}

void machine_pin(size_t cores)
{
    (void)cores;
}

void machine_unpin(void)
{
}

bool machine_can_pin(void)
{
    return false;
}

double machine_load(void)
{
    return -1.0;
}

bool machine_large_pages(char text[MACHINE_TEXT_SIZE])
{
    (void)text;
    return false;
}

#endif

/* Reads what follows "model name ... : " in the description of Linux. */
static bool read_cpuinfo(char text[MACHINE_TEXT_SIZE])
{
    char line[MACHINE_TEXT_SIZE];
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (!found && file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || value == NULL)
            continue;
        snprintf(text, MACHINE_TEXT_SIZE, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        found = true;
    }
    if (file != NULL)
        (void)fclose(file);
    return found;
}

void machine_processor(char text[MACHINE_TEXT_SIZE])
{
    if (!read_cpuinfo(text))
        snprintf(text, MACHINE_TEXT_SIZE, "unknown");
}

void machine_compiler(char text[MACHINE_TEXT_SIZE])
{
#if defined(__clang__)
    snprintf(text, MACHINE_TEXT_SIZE, "Clang %s", __clang_version__);
#elif defined(__GNUC__)
    snprintf(text, MACHINE_TEXT_SIZE, "GCC %s", __VERSION__);
#else
    snprintf(text, MACHINE_TEXT_SIZE, "unknown");
#endif
}
