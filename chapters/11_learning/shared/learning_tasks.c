#include "learning_tasks.h"

#include "example.h"

#include <stdio.h>
#include <string.h>

/* --- What all have in common ----------------------------------------------------------------- */

Example task_view(const TaskExample *made)
{
    return (Example){.source = made->source,
                     .source_count = made->source_count,
                     .target = made->target,
                     .target_count = made->target_count,
                     .right = made->right};
}

/* One source in eight: it depends on nothing but the words. */
static bool is_apart(const TaskExample *made)
{
    Random mixed = {made->source_count};
    for (size_t i = 0; i < made->source_count; i++)
        mixed.state = random_bits(&mixed) ^ made->source[i];
    return random_bits(&mixed) % 8 == 0;
}

/* What is held out is new, if anything new can be made. */
static void draw_any(const LearningTask *task, Random *random, bool apart, TaskExample *made)
{
    bool from_pool = task->pool.count > 0 && !(apart && task->make != NULL);
    if (from_pool)
        *made = task->pool.examples[random_between(random, 0, task->pool.count - 1)];
    else
        task->make(random, made);
}

void task_draw(const LearningTask *task, Random *random, bool apart, TaskExample *made)
{
    enum { MOST_DRAWS = 1000 }; /* a thousand misses in a row are no accident */
    for (size_t i = 0; i < MOST_DRAWS; i++) {
        draw_any(task, random, apart, made);
        if (is_apart(made) == apart)
            return;
    }
}

size_t pool_apart(const TaskPool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->count; i++)
        count += is_apart(&pool->examples[i]);
    return count;
}

/* What the decoder is to write, with a full stop after it. It sees each word one row later. */
static void set_target(TaskExample *made, const size_t *words, size_t count)
{
    for (size_t t = 0; t <= count; t++) {
        made->target[t] = t == 0 ? TASK_STOP : words[t - 1];
        made->right[t] = t == count ? TASK_STOP : words[t];
    }
    made->target_count = count + 1;
}

static const char *show_number(size_t word)
{
    static const char *const NAMES[] = {".", "a", "b", "c", "d", "e", "f", "g", "h",
                                        "i", "j", "k", "l", "m", "n", "o", "p"};
    return word < sizeof NAMES / sizeof *NAMES ? NAMES[word] : "?";
}

/* --- reverse --------------------------------------------------------------------------------- */

enum { LETTERS = 17 };

void make_reversal(Random *random, size_t least, size_t most, size_t letters, TaskExample *made)
{
    size_t count = random_between(random, least, most), backwards[TASK_LONGEST];
    for (size_t i = 0; i < count; i++) {
        made->source[i] = random_between(random, 1, letters);
        backwards[count - 1 - i] = made->source[i];
    }
    made->source[count] = TASK_STOP;
    made->source_count = count + 1;
    set_target(made, backwards, count);
}

static void make_reverse(Random *random, TaskExample *made)
{
    make_reversal(random, 3, 8, LETTERS - 1, made);
}

/* --- induction ------------------------------------------------------------------------------- */

enum { INDUCTION_WORDS = 32 };

/* The first numbers are different letters in random order. */
static void draw_round(Random *random, size_t letters[LETTERS - 1], size_t count)
{
    for (size_t i = 0; i < LETTERS - 1; i++)
        letters[i] = i + 1;
    for (size_t i = 0; i < count; i++) {
        size_t other = random_between(random, i, LETTERS - 2), letter = letters[other];
        letters[other] = letters[i];
        letters[i] = letter;
    }
}

/* Some letters stand in a circle. A passage begins anywhere there and goes round; after a full stop
 * comes the next. A letter's follower can be predicted once it has been seen. */
static void make_induction(Random *random, TaskExample *made)
{
    size_t letters[LETTERS - 1], round = random_between(random, 1, LETTERS - 1), count = 0;
    bool seen[LETTERS - 1] = {false};
    draw_round(random, letters, round);
    while (count < INDUCTION_WORDS - 1) {
        size_t left = random_between(random, 4, 16), at = random_between(random, 0, round - 1);
        made->right[count] = NO_WORD;
        for (made->source[count++] = TASK_STOP; left > 0 && count < INDUCTION_WORDS; left--) {
            size_t next = (at + 1) % round;
            made->source[count] = letters[at];
            made->right[count++] = left > 1 && seen[at] ? letters[next] : NO_WORD;
            seen[at] = seen[at] || left > 1;
            at = next;
        }
    }
    made->source_count = count;
    made->target_count = 0;
}

/* --- dates ----------------------------------------------------------------------------------- */

static const char CHARACTERS[] = "|0123456789abcdefghijklmnopqrstuvwxyz -/.,";

static const char *const MONTHS[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};

static const char *show_character(size_t word)
{
    static char names[sizeof CHARACTERS][2];
    if (word >= sizeof CHARACTERS - 1)
        return "?";
    names[word][0] = CHARACTERS[word];
    return names[word];
}

static size_t number_characters(const char *text, size_t words[TASK_LONGEST])
{
    size_t count = 0;
    for (; count < TASK_LONGEST && text[count] != '\0'; count++)
        words[count] = (size_t)(strchr(CHARACTERS, text[count]) - CHARACTERS);
    return count;
}

static const char *ordinal(int day)
{
    static const char *const ENDINGS[] = {"th", "st", "nd", "rd"};
    return day % 10 <= 3 && day / 10 != 1 ? ENDINGS[day % 10] : "th";
}

/* Twelve ways to write a date. */
static void write_date(size_t way, int year, int month, int day, char text[TASK_LONGEST])
{
    const char *name = MONTHS[month - 1];
    switch (way) {
    case 0: snprintf(text, TASK_LONGEST, "%d %s %d", day, name, year); break;
    case 1: snprintf(text, TASK_LONGEST, "%s %d %d", name, day, year); break;
    case 2: snprintf(text, TASK_LONGEST, "%s %d, %d", name, day, year); break;
    case 3: snprintf(text, TASK_LONGEST, "%d %.3s %d", day, name, year); break;
    case 4: snprintf(text, TASK_LONGEST, "%.3s %d %d", name, day, year); break;
    case 5: snprintf(text, TASK_LONGEST, "%d.%d.%d", day, month, year); break;
    case 6: snprintf(text, TASK_LONGEST, "%02d.%02d.%d", day, month, year); break;
    case 7: snprintf(text, TASK_LONGEST, "%d/%02d/%02d", year, month, day); break;
    case 8: snprintf(text, TASK_LONGEST, "%d%s of %s %d", day, ordinal(day), name, year); break;
    case 9: snprintf(text, TASK_LONGEST, "%d-%.3s-%d", day, name, year); break;
    case 10: snprintf(text, TASK_LONGEST, "%d %s %d", year, name, day); break;
    default: snprintf(text, TASK_LONGEST, "%s the %d%s %d", name, day, ordinal(day), year); break;
    }
}

static void make_date(Random *random, TaskExample *made)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char text[TASK_LONGEST], iso[TASK_LONGEST];
    size_t words[TASK_LONGEST];
    int month = (int)random_between(random, 1, 12), year = (int)random_between(random, 1900, 2099);
    int day = (int)random_between(random, 1, (size_t)DAYS[month - 1]);
    write_date(random_between(random, 0, 11), year, month, day, text);
    snprintf(iso, sizeof iso, "%d-%02d-%02d", year, month, day);
    made->source_count = number_characters(text, made->source);
    made->source[made->source_count++] = TASK_STOP;
    set_target(made, words, number_characters(iso, words));
}

/* --- bank ------------------------------------------------------------------------------------ */

/* Word 0 is the hidden one; the vocabulary follows. */
enum { BANK_WORDS = 47 };

/* Some people do something to something at some place. "|" stands between what may stand there. */
static const char *const PATTERNS[][4] = {
    {"she|he|they|the child|the man|the woman|the fisher", "sat on|sat by|ran to|ran from|saw",
     "the river|the water|the boat|the bridge", "bank"},
    {"the duck|the fish|the dog|the child", "swam to|swam from|ran to", "the river", "bank"},
    {"she|he|they|the man|the woman|the banker|the thief", "put|saved|took|paid|lent",
     "money|the money|a coin|a loan", "at the bank|from the bank|to the bank"},
    {"the banker|the thief", "took|lent|saved", "the money of the man|the coin of the woman|a loan",
     "in the bank|in the town bank"},
};

static const char *show_word(size_t word)
{
    const char *text = word == 0 ? "_" : vocabulary_word(word - 1);
    return text != NULL ? text : "?";
}

static size_t vocabulary_number(const char *word, size_t length)
{
    for (size_t i = 0; vocabulary_word(i) != NULL; i++)
        if (strncmp(vocabulary_word(i), word, length) == 0 && vocabulary_word(i)[length] == '\0')
            return i + 1;
    return 0;
}

size_t bank_words(const char *text, size_t words[TASK_LONGEST])
{
    size_t count = 0;
    while (*text != '\0' && count < TASK_LONGEST) {
        size_t length = strcspn(text, " ");
        size_t word = vocabulary_number(text, length);
        if (word != 0)
            words[count++] = word;
        text += length + (text[length] != '\0');
    }
    return count;
}

/* One of the parts between the bars, at random; appended to a text. */
static void append_choice(Random *random, const char *choices, char *text, size_t size)
{
    size_t bars = 0, used = strlen(text);
    for (const char *at = choices; *at != '\0'; at++)
        bars += *at == '|';
    for (size_t skip = random_between(random, 0, bars); skip > 0; skip--)
        choices = strchr(choices, '|') + 1;
    snprintf(text + used, size - used, "%s%.*s", used > 0 ? " " : "", (int)strcspn(choices, "|"),
             choices);
}

static void make_bank(Random *random, TaskExample *made)
{
    char text[160] = "";
    size_t pattern = random_between(random, 0, sizeof PATTERNS / sizeof *PATTERNS - 1);
    for (size_t part = 0; part < 4; part++)
        append_choice(random, PATTERNS[pattern][part], text, sizeof text);
    made->source_count = bank_words(text, made->source);
    made->target_count = 0;
    size_t hidden = random_between(random, 0, made->source_count - 1);
    for (size_t t = 0; t < made->source_count; t++)
        made->right[t] = t == hidden ? made->source[t] : NO_WORD;
    made->source[hidden] = 0;
}

/* --- The table ------------------------------------------------------------------------------- */

/* What the models of all tasks have in common. */
#define USUAL .heads = 1, .activation = ACTIVATION_RELU, .epsilon = DEFAULT_EPSILON

/* By trial: bank is learned sooner with NORM_PRE, the others with NORM_POST. */
static const LearningTask TASKS[TASK_COUNT] = {
    {.name = "reverse",
     .about = "writes its source backwards",
     .plan = {USUAL, .words = LETTERS, .d_model = 32, .d_ff = 64, .encoder_blocks = 1,
              .decoder_blocks = 1},
     .steps = 300,
     .batch = 32,
     .rate = 1e-2,
     .warm_up = 60,
     .make = make_reverse,
     .show = show_number},
    {.name = "induction",
     .about = "reads passages from an unknown circle of letters",
     .plan = {USUAL, .words = LETTERS, .d_model = 32, .d_ff = 64, .encoder_blocks = 2,
              .causal = true},
     .steps = 1000,
     .batch = 32,
     .rate = 1e-2,
     .warm_up = 200,
     .make = make_induction,
     .show = show_number},
    {.name = "dates",
     .about = "writes dates as ISO 8601 does",
     .plan = {USUAL, .words = sizeof CHARACTERS - 1, .d_model = 32, .d_ff = 64, .encoder_blocks = 1,
              .decoder_blocks = 1},
     .steps = 2000,
     .batch = 32,
     .rate = 6e-3,
     .warm_up = 150,
     .make = make_date,
     .show = show_character},
    {.name = "bank",
     .about = "guesses the word that is hidden in a sentence",
     .plan = {USUAL, .words = BANK_WORDS, .d_model = 32, .d_ff = 64, .encoder_blocks = 1,
              .norm_place = NORM_PRE},
     .steps = 400,
     .batch = 32,
     .rate = 3e-3,
     .warm_up = 50,
     .make = make_bank,
     .show = show_word},
};

const LearningTask *task_at(size_t index)
{
    return &TASKS[index];
}

Status task_find(const char *name, const LearningTask **task)
{
    for (size_t i = 0; i < TASK_COUNT; i++)
        if (strcmp(TASKS[i].name, name) == 0) {
            *task = &TASKS[i];
            return STATUS_OK;
        }
    return fail(STATUS_USAGE, "unknown task \"%s\", expected reverse, induction, dates or bank",
                name);
}
