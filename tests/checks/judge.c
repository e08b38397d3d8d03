/*
 * Compares what a reader's functions did with the reference, and with the reference made wrong in
 * one way after another (its variants, see tests/reader/variants.py):
 *
 *     judge tell CHECK DIRECTORY   tells what is wrong with DIRECTORY/CHECK; 1 if anything is,
 *                                  3 if it did not finish
 *     judge match CHECK DIRECTORY  the variants that do the same, and pass the checks before it
 *     judge search CHECK DIRECTORY those that also do the same in the function's later checks
 *     judge prove                  for each variant the check that catches it, and its like
 */
#include "result.h"
#include "story.h"
#include "variants.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

size_t variant;
bool *reached;

enum { IN_A_SECOND = 1000000 };

/* The microseconds of processor time that a variant gets, by what the reference took. */
static long patience = IN_A_SECOND;

/* --- Running a variant ------------------------------------------------------------------------ */

/* A variant may loop, crash or eat memory; it runs in a child that can do little harm. */
static void guard(void)
{
    struct rlimit memory = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    setrlimit(RLIMIT_AS, &memory);
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
}

/* From here on a variant runs in this child, as long as is patient. */
static void begin(size_t chosen)
{
    enum { SECONDS = 10 };
    long most = chosen == 0 ? IN_A_SECOND : patience;
    struct itimerval time = {.it_value = {most / IN_A_SECOND, most % IN_A_SECOND}};
    setitimer(ITIMER_PROF, &time, NULL);
    alarm(SECONDS); /* one that sleeps */
    variant = chosen;
}

/* A child process; 0 within it. */
static pid_t child_of_this(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child >= 0)
        return child;
    perror("judge");
    exit(EXIT_FAILURE);
}

/* Of all children, in microseconds. */
static long time_spent(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * IN_A_SECOND + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

static Results results_of(size_t chosen, const Check *check)
{
    enum { LEAST = 20000, TIMES = 20 };
    long before = time_spent();
    FILE *file = tmpfile();
    pid_t child = child_of_this();
    if (child == 0) {
        guard();
        begin(chosen);
        if (file != NULL)
            results_record(check, file);
        _exit(EXIT_SUCCESS);
    }
    waitpid(child, NULL, 0);
    if (chosen == 0)
        patience = LEAST + TIMES * (time_spent() - before);
    if (file == NULL)
        return (Results){0};
    bool is_there = fseek(file, 0, SEEK_SET) == 0;
    Results results = results_read(check, is_there ? file : NULL);
    fclose(file);
    return results;
}

/* One flag for each variant, which children share; NULL where there is no memory for them. */
static bool *shared_flags(void)
{
    FILE *file = tmpfile();
    if (file == NULL)
        return NULL;
    void *shared = MAP_FAILED;
    if (ftruncate(fileno(file), (off_t)VARIANT_COUNT) == 0)
        shared = mmap(NULL, VARIANT_COUNT, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    fclose(file);
    return shared == MAP_FAILED ? NULL : shared;
}

/* What the reference does in a check. It stays in memory: the judge answers one question. */
typedef struct Model {
    bool is_known;
    Results expected;
    bool *called;  /* the variants with a function that the check calls; NULL: perhaps all */
    long patience; /* what a variant gets, in microseconds */
} Model;

static const Model *model_of(const Check *check)
{
    static Model *models;
    if (models == NULL)
        models = calloc(CHECK_COUNT, sizeof *models);
    if (models == NULL)
        exit(EXIT_FAILURE);
    Model *model = &models[check - CHECKS];
    if (!model->is_known) {
        model->called = reached = shared_flags();
        model->expected = results_of(0, check);
        reached = NULL;
        model->patience = patience;
        model->is_known = true;
    }
    return model;
}

static bool may_differ(const Check *check, size_t chosen)
{
    const Model *model = model_of(check);
    return model->called == NULL || model->called[chosen];
}

/* Whether a variant does all that was recorded; it stops at the first difference that counts. */
static bool agrees(size_t chosen, const Check *check, const Results *wanted, Excuse *excuse)
{
    int status = 0;
    const Model *model = model_of(check);
    patience = model->patience;
    pid_t child = child_of_this();
    if (child == 0) {
        guard();
        begin(chosen);
        bool same = results_repeated(check, wanted, &model->expected, excuse);
        _exit(same ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool passes(size_t chosen, const Check *check)
{
    return !may_differ(check, chosen) || agrees(chosen, check, &model_of(check)->expected, NULL);
}

/* --- A reader's results ----------------------------------------------------------------------- */

static Results recorded(const char *directory, const Check *check)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, check->name);
    FILE *file = fopen(path, "rb");
    Results results = results_read(check, file);
    if (file != NULL)
        fclose(file);
    return results;
}

static int tell(const Check *check, const char *directory)
{
    Results came = recorded(directory, check);
    bool wrong = story_tell(check, &came, &model_of(check)->expected, stdout);
    bool is_whole = came.is_whole;
    results_free(&came);
    return !is_whole ? 3 : wrong ? 1 : 0;
}

static bool passes_before(size_t chosen, const Check *check)
{
    for (const Check *earlier = CHECKS; earlier < check; earlier++)
        if (!passes(chosen, earlier))
            return false;
    return true;
}

/* The later checks of the same function, as far as the reader's file got through them. */
static bool agrees_after(size_t chosen, const Check *check, const char *directory)
{
    bool same = true;
    for (const Check *later = check + 1; same && later < CHECKS + CHECK_COUNT; later++) {
        if (strcmp(later->function, check->function) != 0)
            continue;
        Results came = recorded(directory, later);
        same = !came.is_whole || agrees(chosen, later, &came, NULL);
        results_free(&came);
    }
    return same;
}

/* What is looked for: who does the same in this check, and in the later ones too if asked to. */
typedef struct Question {
    const Check *check;
    const char *directory;
    bool looks_on;
    Results came;
} Question;

static bool does_the_same(size_t chosen, const Question *asked, Excuse *excuse)
{
    return may_differ(asked->check, chosen) && agrees(chosen, asked->check, &asked->came, excuse) &&
           passes_before(chosen, asked->check) &&
           (!asked->looks_on || agrees_after(chosen, asked->check, asked->directory));
}

/* What the processes that share the variants tell each other, for each variant. */
typedef struct Marks {
    bool *same; /* it does the same */
    bool *done; /* whether this is known */
} Marks;

/* Runs variants of a share one after the other, up to one that ends the process. */
static void run_share(const Question *asked, Excuse *excuse, size_t first, size_t step, Marks marks)
{
    enum { MOST = 64 }; /* what they leak goes with the process */
    const Model *model = model_of(asked->check);
    size_t count = 0;
    guard();
    patience = model->patience;
    for (size_t i = first; i < VARIANT_COUNT && count < MOST; i += step) {
        if (may_differ(asked->check, i)) {
            begin(i);
            marks.same[i] = results_repeated(asked->check, &asked->came, &model->expected, excuse);
            count++;
        }
        marks.done[i] = true;
    }
}

/* Marks a share of the variants: quickly in few processes, then each that is found by itself. */
static void mark_share(const Question *asked, Excuse *excuse, size_t first, size_t step,
                       Marks marks)
{
    for (size_t i = first; i < VARIANT_COUNT;) {
        pid_t child = child_of_this();
        if (child == 0) {
            run_share(asked, excuse, i, step, marks);
            _exit(EXIT_SUCCESS);
        }
        waitpid(child, NULL, 0);
        marks.done[i] = true; /* the first of a process has ended it by itself, if not done */
        while (i < VARIANT_COUNT && marks.done[i])
            i += step;
    }
    for (size_t i = first; i < VARIANT_COUNT; i += step)
        marks.same[i] = marks.same[i] && does_the_same(i, asked, excuse);
}

/* As many processes as can run at once share the variants. */
static void mark_same(const Question *asked, Excuse *excuse, Marks marks)
{
    enum { MOST = 8 };
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = processors < 1 ? 1 : processors > MOST ? MOST : (size_t)processors;
    (void)model_of(asked->check); /* once for all of them */
    for (size_t worker = 0; worker < workers; worker++)
        if (child_of_this() == 0) {
            mark_share(asked, excuse, 1 + worker, workers, marks);
            _exit(EXIT_SUCCESS);
        }
    while (wait(NULL) > 0)
        ; /* until none is left */
}

/* Tells the variants that do the same as what came, and gives their number. */
static size_t tell_same(const Question *asked, Excuse *excuse)
{
    size_t count = 0;
    Marks marks = {shared_flags(), shared_flags()};
    if (marks.same == NULL || marks.done == NULL)
        return 0;
    mark_same(asked, excuse, marks);
    for (size_t i = 1; i < VARIANT_COUNT; i++)
        if (marks.same[i]) {
            puts(VARIANTS[i]);
            count++;
        }
    munmap(marks.same, VARIANT_COUNT);
    munmap(marks.done, VARIANT_COUNT);
    return count;
}

/* Without an excuse first: what does exactly the same is nearer. */
static int match(const Check *check, const char *directory, bool looks_on)
{
    Excuse *const excuses[] = {misjudged_alike, right_of_nothing};
    Question asked = {check, directory, looks_on, recorded(directory, check)};
    bool is_found = tell_same(&asked, NULL) > 0;
    for (size_t i = 0; !is_found && i < sizeof excuses / sizeof *excuses; i++)
        is_found = results_excused(check, excuses[i], &asked.came, &model_of(check)->expected) &&
                   tell_same(&asked, excuses[i]) > 0;
    results_free(&asked.came);
    return EXIT_SUCCESS;
}

/* --- The proof -------------------------------------------------------------------------------- */

/* Tells that a check catches a variant, and the first one that it cannot tell from it. */
static void tell_caught(const Check *check, const Results *all, const bool *caught, size_t i)
{
    printf("caught %s %s\n", check->name, VARIANTS[i]);
    for (size_t other = 1; other < i; other++)
        if (caught[other] && results_agree(check, &all[i], &all[other])) {
            printf("alike %s %s %s\n", check->name, VARIANTS[i], VARIANTS[other]);
            return;
        }
}

/* Looks at those that no check before this one has caught. */
static void prove_check(const Check *check, bool *known)
{
    Results *all = calloc(VARIANT_COUNT, sizeof *all);
    bool *caught = calloc(VARIANT_COUNT, sizeof *caught);
    for (size_t i = 0; all != NULL && caught != NULL && i < VARIANT_COUNT; i++) {
        if (known[i] || (i > 0 && !may_differ(check, i)))
            continue;
        all[i] = results_of(i, check);
        caught[i] = !results_agree(check, &all[i], &all[0]);
        if (caught[i])
            tell_caught(check, all, caught, i);
        known[i] = caught[i];
    }
    for (size_t i = 0; all != NULL && i < VARIANT_COUNT; i++)
        results_free(&all[i]);
    free(all);
    free(caught);
}

static int prove(void)
{
    bool *known = calloc(VARIANT_COUNT, sizeof *known);
    for (size_t i = 0; known != NULL && i < CHECK_COUNT; i++)
        prove_check(&CHECKS[i], known);
    free(known);
    return EXIT_SUCCESS;
}

static int ask(const char *question, const Check *check, const char *directory)
{
    if (strcmp(question, "tell") == 0)
        return tell(check, directory);
    return match(check, directory, strcmp(question, "search") == 0);
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "prove") == 0)
        return prove();
    for (size_t i = 0; count == 4 && i < CHECK_COUNT; i++)
        if (strcmp(CHECKS[i].name, arguments[2]) == 0)
            return ask(arguments[1], &CHECKS[i], arguments[3]);
    fprintf(stderr, "usage: judge tell|match|search CHECK DIRECTORY, judge prove\n");
    return 2;
}
