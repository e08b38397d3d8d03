/*
 * When OMP_NUM_THREADS is not a number of threads, libgomp says so in words of its own before
 * main() begins, and ignores it. Here it is ignored without the words: it is taken out of the
 * environment before any library starts. glibc runs what stands in .preinit_array that early; other
 * systems keep the words.
 */
#include <stdlib.h>

typedef void BeforeLibraries(int argc, char **argv, char **environment);

#if defined(__GLIBC__)

enum { MOST_DIGITS = 9 };

/* What follows a positive number with blanks around it, or NULL. No library may be called yet. */
static const char *skip_number(const char *text)
{
    int digits = 0, largest = 0;
    while (*text == ' ')
        text++;
    for (; *text >= '0' && *text <= '9'; text++, digits++)
        largest = *text - '0' > largest ? *text - '0' : largest;
    while (*text == ' ')
        text++;
    return largest > 0 && digits <= MOST_DIGITS ? text : NULL;
}

/* Tells whether a variable is OMP_NUM_THREADS, but not a list of positive numbers. */
static int is_bad_count(const char *variable)
{
    const char *name = "OMP_NUM_THREADS=", *text = variable;
    for (; *name != '\0'; name++, text++)
        if (*text != *name)
            return 0;
    for (text = skip_number(text); text != NULL && *text == ',';)
        text = skip_number(text + 1);
    return text == NULL || *text != '\0';
}

static void drop_bad_counts(int argc, char **argv, char **environment)
{
    char **kept = environment;
    (void)argc;
    (void)argv;
    for (char **variable = environment; *variable != NULL; variable++)
        if (!is_bad_count(*variable))
            *kept++ = *variable;
    *kept = NULL;
}

__attribute__((section(".preinit_array"), used)) static BeforeLibraries *const EARLY =
    drop_bad_counts;

#endif
