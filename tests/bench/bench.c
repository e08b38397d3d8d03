/* The benchmark of chapters 10 and 11: all in one run, in turns. docs/benchmark.md explains it. */
#include "contender.h"
#include "machine.h"
#include "memory.h"
#include "plan.h"
#include "plot.h"
#include "program.h"
#include "reference.h"
#include "results.h"
#include "stopwatch.h"
#include "text_line.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { QUICK, TINY, TRAINING, THREADS, FROM, INTO, WORKERS, SCRIPTS, PYTHON, OPTION_COUNT };

static const Option OPTIONS[] = {
    [QUICK] = {"quick", NULL, "fewer and smaller cases: two minutes"},
    [TINY] = {"tiny", NULL, "to see that it works, with Headwise's own competitors only"},
    [TRAINING] = {"training", NULL, "training steps only"},
    [THREADS] = {"threads", "N", "measure on one core and on N (default: 2, or what there is)"},
    [FROM] = {"from", "FILE", "measure nothing: show again what is in this bench.csv"},
    [INTO] = {"into", "DIR", "where bench.csv goes (default build/bench)"},
    [WORKERS] = {"workers", "DIR", "where the workers written in C are (default build/bench/bin)"},
    [SCRIPTS] = {"scripts", "DIR", "where those written in Python are (default tests/bench)"},
    [PYTHON] = {"python", "FILE", "what runs them (default python3)"},
};

/* Pages of 2 MiB, as Headwise and NumPy ask for by themselves. */
#define LARGE_PAGES "GLIBC_TUNABLES=glibc.malloc.hugetlb=1"
/* Keeps freed memory for the next run, in place of giving it back to the system. */
#define KEEP_MEMORY "MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_MMAP_MAX_=0", LARGE_PAGES

/* Everybody who may compete. */
typedef struct Entry {
    const char *family; /* the column of the tables */
    const char *name;
    const char *worker; /* a program, or with .py a script */
    const char *argument;
    const char *settings[CONTENDER_SETTINGS];
    bool one_core_only; /* is not measured on several cores */
    bool one_thread;    /* uses one thread also when there are several cores */
    bool memory;        /* its memory is measured */
    bool own;           /* Headwise's */
    bool always;        /* is never left out */
    bool decode_only;   /* is measured on one token against a cache, and nowhere else */
    bool trains;        /* is measured on training steps, and nowhere else */
} Entry;

static const Entry ENTRIES[] = {
    {"roof", "roof", "headwise_worker", "roof", .own = true, .always = true},
    {"naive", "variant 0: chapter 7", "headwise_worker", "variant-0", .one_core_only = true,
     .memory = true, .own = true},
    {"loops", "variant 1", "headwise_worker", "variant-1", .one_core_only = true, .own = true},
    {"tiles", "variant 2", "headwise_worker", "variant-2", .one_core_only = true, .own = true},
    {"packed", "variant 3", "headwise_worker", "variant-3", .one_core_only = true, .own = true},
    {"online", "variant 4", "headwise_worker", "variant-4", .one_core_only = true, .own = true},
    {"skip", "variant 5", "headwise_worker", "variant-5", .one_core_only = true, .own = true},
    {"plain", "chapter 11's plain pass", "training_worker", "plain", .one_core_only = true,
     .own = true, .trains = true},
    {"fast", "fast layer", "headwise_worker", "fast", .memory = true, .own = true, .always = true},
    {"fast", "chapter 11's fast pass", "training_worker", "fast", .own = true, .always = true,
     .trains = true},
    {"4 KiB", "fast layer in pages of 4 KiB", "headwise_worker", "small-pages", .own = true,
     .decode_only = true},
    {"OpenBLAS", "OpenBLAS", "openblas_worker", "openblas", .memory = true,
     .settings = {"OMP_WAIT_POLICY=passive", LARGE_PAGES}},
    {"oneDNN", "oneDNN", "onednn_worker", "onednn", .memory = true, .settings = {LARGE_PAGES}},
    {"PyTorch", "PyTorch", "pytorch_worker.py", "pytorch", .memory = true},
    {"PyTorch", "PyTorch, memory kept", "pytorch_worker.py", "pytorch", .settings = {KEEP_MEMORY}},
    {"PyTorch", "PyTorch, one thread, memory kept", "pytorch_worker.py", "pytorch",
     .settings = {KEEP_MEMORY}, .one_thread = true},
    {"PyTorch", "PyTorch", "pytorch_training.py", "pytorch", .always = true, .trains = true},
    {"PyTorch", "PyTorch, memory kept", "pytorch_training.py", "pytorch", .always = true,
     .settings = {KEEP_MEMORY}, .trains = true},
    {"PyTorch", "PyTorch, one thread, memory kept", "pytorch_training.py", "pytorch",
     .always = true, .settings = {KEEP_MEMORY}, .one_thread = true, .trains = true},
    {"NumPy", "NumPy", "numpy_worker.py", "numpy", .memory = true},
};

enum { ENTRY_COUNT = sizeof ENTRIES / sizeof *ENTRIES, SETTINGS = 2, LONGEST_ANSWER = 600 };

/* The run. */
static struct {
    Plan plan;
    Results results;
    /* on one core, on several, and one for measuring memory */
    Contender contenders[SETTINGS][ENTRY_COUNT];
    double rates[ENTRY_COUNT]; /* operations in a second when last seen; 0 unknown */
    char inputs[CONTENDER_PATH_SIZE];
    char output[CONTENDER_PATH_SIZE];
    const char *into;
    const char *python;
    size_t threads;
} bench;

static const char *option_or(size_t option, const char *missing)
{
    const char *value = program_value(option);
    return value != NULL ? value : missing;
}

static void describe(const Entry *entry, size_t cores, Contender *contender)
{
    bool script = strstr(entry->worker, ".py") != NULL;
    static char threads[SETTINGS + 1][32];
    size_t used = entry->one_thread ? 1 : cores;
    char *number = threads[used > 1];
    *contender =
        (Contender){.family = entry->family, .name = entry->name, .cores = cores, .threads = used};
    snprintf(number, sizeof threads[0], "%zu", used);
    snprintf(contender->program, sizeof contender->program, "%s/%s",
             script ? option_or(SCRIPTS, "tests/bench") : option_or(WORKERS, "build/bench/bin"),
             entry->worker);
    const char **word = contender->words;
    if (script) {
        *word++ = bench.python;
        *word++ = "-B"; /* writes nothing beside the script */
    }
    *word++ = contender->program;
    *word++ = entry->argument;
    *word++ = number;
    memcpy(contender->settings, entry->settings, sizeof contender->settings);
}

static bool is_roof(const Entry *entry)
{
    return strcmp(entry->family, "roof") == 0;
}

static bool takes_part(const Entry *entry, size_t cores)
{
    return (entry->own || !bench.plan.own_only) && (cores == 1 || !entry->one_core_only) &&
           (cores > 1 || !entry->one_thread) &&
           (entry->trains || is_roof(entry) || program_value(TRAINING) == NULL);
}

/* Whether it is measured on cases of this kind. */
static bool knows(const Entry *entry, CaseKind kind)
{
    return is_roof(entry) ||
           (entry->trains == (kind == CASE_STEP) && (!entry->decode_only || kind == CASE_DECODE) &&
            (entry->always || kind != CASE_BATCH));
}

/* Starts everybody for so many cores, and names once who is absent. */
static Status start_all(size_t setting, size_t cores)
{
    Status status = STATUS_OK;
    const char *named = "";
    for (size_t e = 0; status == STATUS_OK && e < ENTRY_COUNT; e++) {
        Contender *contender = &bench.contenders[setting][e];
        if (!takes_part(&ENTRIES[e], cores))
            continue;
        describe(&ENTRIES[e], cores, contender);
        status = contender_start(contender);
        if (setting == 0 && strcmp(named, ENTRIES[e].family) != 0)
            results_note(&bench.results, "%-9s %s%s", contender->family,
                         contender->absent ? "absent: " : "", contender->version);
        named = ENTRIES[e].family;
    }
    return status;
}

static void stop_all(void)
{
    for (size_t s = 0; s < SETTINGS; s++)
        for (size_t e = 0; e < ENTRY_COUNT; e++)
            contender_stop(&bench.contenders[s][e]);
}

static Result *add_result(const Case *which, size_t entry)
{
    if (bench.results.count == RESULTS_MOST)
        return NULL;
    Result *result = &bench.results.list[bench.results.count++];
    *result = (Result){.which = *which, .state = RESULT_REFUSED};
    snprintf(result->family, sizeof result->family, "%s", ENTRIES[entry].family);
    snprintf(result->name, sizeof result->name, "%s", ENTRIES[entry].name);
    return result;
}

/* Keeps the best rate: what disturbs makes slower, never faster. */
static void note_rate(size_t entry, const Case *which, double seconds)
{
    double rate = case_operations(which) / seconds;
    bench.rates[entry] = rate > bench.rates[entry] ? rate : bench.rates[entry];
}

/* What takes longer is left out. A training step has a short limit: only the plain pass meets it.
 */
static double longest(CaseKind kind)
{
    if (kind == CASE_STEP)
        return bench.plan.longest / 30.0;
    return bench.plan.longest * (kind == CASE_MEMORY ? 10.0 : 1.0);
}

/* Gives a competitor its case; on success it has run once and its result is right. */
static Result *enter(Contender *contender, size_t entry, const Case *which, Reference *reference,
                     double *seconds)
{
    char answer[CONTENDER_TEXT_SIZE];
    Result *result = add_result(which, entry);
    double guess = bench.rates[entry] > 0.0 ? case_operations(which) / bench.rates[entry] : 0.0;
    if (result == NULL)
        return NULL;
    if (!case_decodes(which) && !ENTRIES[entry].always && guess > longest(which->kind)) {
        result->state = RESULT_SLOW;
        return NULL;
    }
    Status status = contender_ask(
        contender, LONGEST_ANSWER, answer, "case %s %zu %zu %zu %zu %d %s",
        case_kind_name(which->kind == CASE_MEMORY ? CASE_LAYER : which->kind), which->batch,
        which->tokens, which->d_model, which->heads, which->causal, bench.inputs);
    if (status == STATUS_OK)
        status = contender_ask(contender, LONGEST_ANSWER, answer, "result %s", bench.output);
    if (status != STATUS_OK) {
        if (!case_decodes(which))
            printf("  refused: %s\n", last_error());
        return NULL;
    }
    *seconds = strtod(answer, NULL);
    if (!case_decodes(which))
        note_rate(entry, which, *seconds);
    if (!is_roof(&ENTRIES[entry]) &&
        (reference_compare(reference, bench.output, &result->error) != STATUS_OK ||
         result->error > reference->tolerance)) {
        printf("  wrong: %s differs from %s by %.2g at %s %zux%zux%zu%s\n", contender->name,
               which->kind == CASE_STEP ? "the first" : "the oracle", result->error,
               case_kind_name(which->kind), which->tokens, which->d_model, which->heads,
               which->causal ? ", causal" : "");
        result->state = RESULT_WRONG;
        bench.results.wrong++;
        return NULL;
    }
    double *largest =
        which->kind == CASE_STEP ? &bench.results.largest_step : &bench.results.largest;
    *largest = result->error > *largest ? result->error : *largest;
    result->state = RESULT_TIMED;
    return result;
}

/* One who takes part in a case. */
typedef struct Racer {
    Contender *contender;
    Result *result;
    Result *parts[WORKER_AMOUNTS]; /* of a training step: its ways forward and back */
    double guess;                  /* seconds of one run */
    double spent;
    double amount; /* what one run of the roof does; 0 for the others */
    size_t entry;
} Racer;

static void take_turn(Racer *racer)
{
    char answer[CONTENDER_TEXT_SIZE], *rest = answer;
    double times = racer->guess > 0.0 ? bench.plan.turn / racer->guess : 1.0;
    unsigned long count = times < 1.0 ? 1 : times > 1e6 ? 1000000 : (unsigned long)times;
    if (contender_ask(racer->contender, LONGEST_ANSWER, answer, "run %lu", count) != STATUS_OK)
        return;
    double seconds = strtod(rest, &rest), used = strtod(rest, &rest) / (double)count;
    Result *result = racer->result;
    racer->guess = seconds / (double)count;
    racer->spent += seconds;
    result->seconds[result->count++] = racer->guess;
    if (result->processor == 0.0 || used < result->processor)
        result->processor = used;
    for (size_t i = 0; i < WORKER_AMOUNTS; i++) {
        double amount = strtod(rest, &rest);
        Result *part = racer->parts[i];
        if (part != NULL)
            part->seconds[part->count++] = amount / (double)count;
        else if (amount > 0.0)
            racer->amount = amount;
    }
}

/* Everybody takes a turn, then everybody again: what disturbs the machine disturbs all alike. */
static void race(Racer *racers, size_t count, double seconds)
{
    double end = stopwatch_seconds() + seconds;
    double allowance = count > 0 ? seconds / (double)count : 0.0;
    for (size_t round = 0; round < bench.plan.rounds; round++) {
        if (round >= 3 && stopwatch_seconds() > end)
            break;
        for (size_t r = 0; r < count; r++)
            if (round == 0 || racers[r].spent + racers[r].guess <= allowance)
                take_turn(&racers[r]);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort_times(Result *result)
{
    qsort(result->seconds, result->count, sizeof *result->seconds, by_size);
}

/* Sorts the times. Those of the roof are of no interest: its rate is. */
static void settle(Racer *racers, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        Result *result = racers[r].result;
        sort_times(result);
        for (size_t i = 0; i < WORKER_AMOUNTS; i++)
            if (racers[r].parts[i] != NULL)
                sort_times(racers[r].parts[i]);
        if (racers[r].amount > 0.0 && result->count > 0) {
            /* who shares a memory changes its rate up and down; a core's peak is its best */
            int quartile = result->which.kind == CASE_DECODE ? 2 : 0;
            result->roof = racers[r].amount / result_quartile(result, quartile);
            result->count = 0;
        } else if (result->count > 0 && result->which.kind != CASE_DECODE) {
            note_rate(racers[r].entry, &result->which, result_quartile(result, 0));
        }
    }
}

/* The machine's roof is the best of all cases that are alike. */
static double roof_of(CaseKind kind, size_t threads)
{
    double roof = 0.0;
    for (size_t i = 0; i < bench.results.count; i++) {
        const Result *one = &bench.results.list[i];
        if ((one->which.kind == CASE_DECODE) == (kind == CASE_DECODE) &&
            one->which.threads == threads && one->roof > roof)
            roof = one->roof;
    }
    return roof;
}

static void raise_roofs(void)
{
    for (size_t i = 0; i < bench.results.count; i++) {
        Result *one = &bench.results.list[i];
        if (one->which.kind != CASE_MEMORY)
            one->roof = roof_of(one->which.kind, one->which.threads);
    }
}

/* A part of a step has a result of its own. */
static void add_parts(Racer *racer)
{
    static const CaseKind PARTS[WORKER_AMOUNTS] = {CASE_FORWARD, CASE_BACKWARD};
    for (size_t i = 0; i < WORKER_AMOUNTS; i++) {
        Case part = racer->result->which;
        part.kind = PARTS[i];
        racer->parts[i] = add_result(&part, racer->entry);
        if (racer->parts[i] != NULL)
            racer->parts[i]->state = RESULT_TIMED;
    }
}

static void run_times(const Case *which, Reference *reference, double seconds)
{
    Racer racers[ENTRY_COUNT];
    size_t count = 0;
    double begun = stopwatch_seconds();
    for (size_t e = 0; e < ENTRY_COUNT; e++) {
        Contender *contender = &bench.contenders[which->threads > 1][e];
        Racer racer = {.contender = contender, .entry = e};
        if (contender->process == 0 || !knows(&ENTRIES[e], which->kind))
            continue;
        racer.result = enter(contender, e, which, reference, &racer.guess);
        if (racer.result == NULL)
            continue;
        if (which->kind == CASE_STEP && !is_roof(&ENTRIES[e]))
            add_parts(&racer);
        racers[count++] = racer;
    }
    double left = seconds - (stopwatch_seconds() - begun);
    race(racers, count, left > seconds / 2.0 ? left : seconds / 2.0);
    settle(racers, count);
}

/* Each in a new process, which has had no other memory before. */
static Status run_memory(const Case *which, Reference *reference)
{
    Status status = STATUS_OK;
    for (size_t e = 0; status == STATUS_OK && e < ENTRY_COUNT; e++) {
        char answer[CONTENDER_TEXT_SIZE];
        double seconds;
        Contender contender;
        if (!ENTRIES[e].memory || !takes_part(&ENTRIES[e], 1) ||
            bench.contenders[0][e].process == 0)
            continue;
        describe(&ENTRIES[e], which->threads, &contender);
        contender.settings[0] = NULL; /* those are for speed */
        status = contender_start(&contender);
        Result *result =
            status == STATUS_OK ? enter(&contender, e, which, reference, &seconds) : NULL;
        if (result != NULL &&
            contender_ask(&contender, LONGEST_ANSWER, answer, "memory") == STATUS_OK) {
            result->memory = strtod(answer, NULL);
            result->seconds[result->count++] = seconds;
        }
        contender_stop(&contender);
    }
    return status;
}

/* Time left for a case: its share of what is left for all that are still to come. */
static double budget(size_t index, double begun)
{
    double shares = 0.0;
    for (size_t i = index; i < bench.plan.count; i++)
        shares += bench.plan.cases[i].share;
    double left = bench.plan.seconds - (stopwatch_seconds() - begun);
    return left > 0.0 ? left * bench.plan.cases[index].share / shares : 0.0;
}

static Status run_case(size_t index, double begun)
{
    const Case *which = &bench.plan.cases[index];
    Reference reference;
    progress_show(&bench.plan, index, begun);
    double seconds = budget(index, begun);
    Status status = reference_write_inputs(which, bench.inputs);
    if (status == STATUS_OK)
        status = reference_create(which, bench.inputs, &reference);
    if (status != STATUS_OK)
        return status;
    if (which->kind == CASE_MEMORY)
        status = run_memory(which, &reference);
    else
        run_times(which, &reference, seconds);
    reference_free(&reference);
    return status;
}

static Status run_all(void)
{
    double begun = stopwatch_seconds();
    Status status = start_all(0, 1);
    if (status == STATUS_OK && bench.threads > 1)
        status = start_all(1, bench.threads);
    for (size_t i = 0; status == STATUS_OK && i < bench.plan.count; i++)
        status = run_case(i, begun);
    progress_show(&bench.plan, bench.plan.count, begun);
    return status;
}

static void print_machine(void)
{
    char processor[MACHINE_TEXT_SIZE], compiler[MACHINE_TEXT_SIZE];
    machine_processor(processor);
    machine_compiler(compiler);
    results_note(&bench.results, "processor %s, %zu core%s%s", processor, machine_cores(),
                 machine_cores() == 1 ? "" : "s",
                 machine_can_pin() ? ", pinned" : ", not pinned: this system has no way to");
    results_note(&bench.results, "compiler  %s", compiler);
    char pages[MACHINE_TEXT_SIZE];
    if (machine_large_pages(pages))
        results_note(&bench.results, "pages     of 2 MiB: %s", pages);
    if (machine_load() > 0.5)
        results_note(&bench.results,
                     "load      %.1f: others are working on this machine. Trust ratios only.",
                     machine_load());
}

static void print_roof(size_t threads)
{
    const char *plural = threads == 1 ? "" : "s";
    double peak = 1e-9 * roof_of(CASE_STEP, threads), bytes = 1e-9 * roof_of(CASE_DECODE, threads);
    if (bytes > 0.0)
        results_note(&bench.results,
                     "roof      %zu thread%s: %.1f * 10^9 operations and %.1f GB in a second",
                     threads, plural, peak, bytes);
    else
        results_note(&bench.results, "roof      %zu thread%s: %.1f * 10^9 operations in a second",
                     threads, plural, peak);
}

static Status make_directories(void)
{
    bench.into = option_or(INTO, "build/bench");
    snprintf(bench.inputs, sizeof bench.inputs, "%s/arrays", bench.into);
    snprintf(bench.output, sizeof bench.output, "%s/result.npy", bench.into);
    if ((mkdir(bench.into, 0777) != 0 && errno != EEXIST) ||
        (mkdir(bench.inputs, 0777) != 0 && errno != EEXIST))
        return fail(STATUS_SYSTEM, "%s: %s", bench.inputs, strerror(errno));
    return STATUS_OK;
}

static Status report(void)
{
    char path[CONTENDER_PATH_SIZE];
    raise_roofs();
    print_roof(1);
    if (bench.threads > 1)
        print_roof(bench.threads);
    if (program_value(TRAINING) == NULL)
        results_note(&bench.results,
                     "checked   every result, against double precision: at most %.1e from it",
                     bench.results.largest);
    results_note(&bench.results,
                 "checked   losses and gradients, against each other: at most %.1e apart",
                 bench.results.largest_step);
    results_print(&bench.results, &bench.plan);
    snprintf(path, sizeof path, "%s/bench.csv", bench.into);
    Status status = results_write(&bench.results, path);
    if (status == STATUS_OK) {
        TextLine line = {stdout, 0, 0};
        text_end(&line);
        text_put(&line, "table: ");
        text_put(&line, path);
        text_end(&line);
        status = results_draw(&bench.results, &bench.plan);
    }
    if (status == STATUS_OK && bench.results.wrong > 0)
        status = fail(STATUS_SYSTEM, "%zu results are wrong, and named above", bench.results.wrong);
    return status;
}

static Status measure(void)
{
    PlanSize size = program_value(TINY) != NULL    ? PLAN_TINY
                    : program_value(QUICK) != NULL ? PLAN_QUICK
                                                   : PLAN_FULL;
    size_t cores = machine_cores() < 2 ? 1 : 2;
    Status status = program_size(THREADS, cores, 1, &bench.threads);
    if (status == STATUS_OK)
        status = make_directories();
    if (status != STATUS_OK)
        return status;
    bench.python = option_or(PYTHON, "python3");
    plan_make(size, bench.threads, program_value(TRAINING) != NULL, &bench.plan);
    (void)signal(SIGPIPE, SIG_IGN);
    print_machine();
    status = run_all();
    stop_all();
    return status == STATUS_OK ? report() : status;
}

static Status show_again(void)
{
    Status status = results_read(program_value(FROM), &bench.results, &bench.plan);
    if (status != STATUS_OK)
        return status;
    results_print(&bench.results, &bench.plan);
    return results_draw(&bench.results, &bench.plan);
}

static Status run_bench(void)
{
    bench.results.list = memory_allocate(RESULTS_MOST, sizeof *bench.results.list);
    if (bench.results.list == NULL)
        return STATUS_NO_MEMORY;
    printf("Headwise's benchmark\n\n");
    Status status = program_value(FROM) != NULL ? show_again() : measure();
    free(bench.results.list);
    return status;
}

static Status without_options(const char *sentence)
{
    (void)sentence;
    return run_bench();
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {.name = "bench",
                                    .summary = "Measures attention and training beside others.",
                                    .options = OPTIONS,
                                    .option_count = OPTION_COUNT,
                                    .example = without_options,
                                    .arrays = run_bench,
                                    .no_sentence = true};
    return program_main(&PROGRAM, argc, argv);
}
