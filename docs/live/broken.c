/* What a chapter shows with one of its named mistakes in it. */
#include "broken.h"

#include "case.h"
#include "memory.h"
#include "story.h"
#include "variants.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if !defined(__wasm__)
#include <sys/resource.h>
#endif

size_t variant;
bool *reached;

/* The main() of the chapter's program, which is compiled under this name. */
int program_of_chapter(int count, char **arguments);

void broken_program(size_t mistake)
{
    char name[] = "program", *arguments[] = {name, NULL};
    variant = mistake;
    (void)program_of_chapter(1, arguments);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void put_text(const char *name, const char *text)
{
    printf("\"%s\": \"", name);
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text == '\n' ? 'n' : *text);
    }
    printf("\", ");
}

/* Numbers that JSON does not know are its strings. */
static void put_one(double number)
{
    if (isfinite(number))
        printf("%.9g", number);
    else
        printf("\"%s\"", isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
}

static void put_numbers(const char *name, Matrix matrix)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < matrix.rows * matrix.cols; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        put_one(matrix_row(matrix, i / matrix.cols)[i % matrix.cols]);
    }
    printf("], ");
}

static void put_shape(const char *name, Matrix matrix)
{
    put_text("name", name);
    printf("\"rows\": %zu, \"columns\": %zu", matrix.rows, matrix.cols);
}

static void put_inputs(const Case *given)
{
    printf("\"inputs\": [");
    for (size_t i = 0; i < given->input_count; i++) {
        fputs(i > 0 ? ", {" : "{", stdout);
        if (!given->shapes_only)
            put_numbers("numbers", given->inputs[i]);
        put_shape(given->input_names[i], given->inputs[i]);
        printf("}");
    }
    printf("], \"numbers\": [");
    for (size_t i = 0; i < given->number_count; i++) {
        fputs(i > 0 ? ", {" : "{", stdout);
        put_text("name", given->number_names[i]);
        printf("\"number\": ");
        if (given->numbers[i] == (double)SIZE_MAX)
            printf("\"SIZE_MAX\"");
        else
            put_one(given->numbers[i]);
        printf("}");
    }
    printf("], ");
}

/* --- A case ----------------------------------------------------------------------------------- */

static Matrix rows_of(Matrix matrix, size_t first, size_t rows)
{
    return (Matrix){matrix_row(matrix, first), rows, matrix.cols, matrix.stride};
}

/* A part of the results, with the places at which they differ. */
static void put_part(const Case *given, const char *name, Matrix came, Matrix expected)
{
    size_t count = came.rows * came.cols;
    printf("{");
    put_numbers("wrong", came);
    put_numbers("right", expected);
    printf("\"differ\": [");
    for (size_t i = next_difference(given, came, expected, 0), first = i; i < count;
         i = next_difference(given, came, expected, i + 1))
        printf(i > first ? ", %zu" : "%zu", i);
    printf("], ");
    put_shape(name, came);
    printf("}");
}

static void put_parts(const Case *given, const Result *came, const Result *expected)
{
    printf("\"parts\": [");
    for (size_t i = 0, first = 0; i < given->part_count; first += given->part_rows[i++]) {
        fputs(i > 0 ? ", " : "", stdout);
        put_part(given, given->part_names[i], rows_of(came->out, first, given->part_rows[i]),
                 rows_of(expected->out, first, given->part_rows[i]));
    }
    if (given->part_count == 0)
        put_part(given, given->out_name != NULL ? given->out_name : "out", came->out,
                 expected->out);
    printf("], ");
}

static void put_case(const Check *check, size_t index, const Results *came, const Results *expected)
{
    Case given = case_make(check, index);
    const Result *wrong = &came->of[index], *right = &expected->of[index];
    put_text("note", given.note);
    put_inputs(&given);
    if (right->status == STATUS_OK && result_difference(check, &given, wrong, right) == OUT_DIFFERS)
        put_parts(&given, wrong, right);
    case_free(&given);
}

static void put_story(const Check *check, const Results *came, const Results *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return;
    story_tell(check, came, expected, stream);
    fclose(stream);
    put_text("story", text);
    free(text);
}

/* As results_record() and results_read() do it, without the file between them. */
static Results results_of(const Check *check, size_t mistake)
{
    Results results = {.of = memory_allocate(check->cases, sizeof *results.of)};
    variant = mistake;
    while (results.of != NULL && results.count < check->cases) {
        results.of[results.count] = result_of(check, results.count);
        results.count++;
    }
    results_without_memory(check, 0, &results);
    results.is_whole = true;
    return results;
}

void broken_case(size_t check, size_t mistake)
{
    const Check *asked = &CHECKS[check];
    Results expected = results_of(asked, 0), came = results_of(asked, mistake);
    variant = 0;
    size_t index = story_case(asked, &came, &expected);
    printf("{");
    if (index < asked->cases)
        put_case(asked, index, &came, &expected);
    put_story(asked, &came, &expected);
    put_text("function", asked->function);
    put_text("must", asked->must);
    printf("\"case\": %zu}\n", index);
    fflush(stdout);
    results_free(&came);
    results_free(&expected);
}

#if !defined(__wasm__)
#undef main
enum { SECONDS = 4 };

/* With one number: the program with that mistake; with two: a check, and the case for a mistake. */
int main(int count, char **arguments)
{
    /* Some mistakes never end. A call needs less than a second. */
    setrlimit(RLIMIT_CPU, &(struct rlimit){SECONDS, SECONDS});
    if (count == 2)
        broken_program(strtoul(arguments[1], NULL, 10));
    else
        broken_case(strtoul(arguments[1], NULL, 10), strtoul(arguments[2], NULL, 10));
    return EXIT_SUCCESS;
}
#endif
